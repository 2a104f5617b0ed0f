// @ts-check
/**
 * Points at a part of the page: by pointer, by touch, or by arrow keys along the tree. A shield over the page keeps
 * its own handlers from hearing of it.
 *
 * @typedef {import("./types.js").Dialog} Dialog
 * @typedef {import("./types.js").ReportElement} ReportElement
 */

import { describe } from "./describe.js";

const WORDS = {
  pick: "Choose a part of the page: click it, or walk with the arrow keys and press Enter. Escape ends it.",
};

const CONTROLS = "button, a[href], summary, [role=button], [role=link], [role=tab], [role=menuitem]";

/** Resolves to what was chosen, `null` when nothing was. @param {Dialog} dialog @returns {Promise<ReportElement | null>} */
export function pick({ h, shadow, host, words }) {
  const said = { ...WORDS, ...words };
  const frame = h("div", { className: "frame" });
  const tip = h("p", { className: "tip", role: "status" }, said.pick);
  const shield = h(
    "div",
    { popover: "manual", className: "shield", tabIndex: 0, role: "application", ariaLabel: said.pick },
    frame,
    tip,
  );
  /** @type {Element} */
  let current = document.body;

  /** @param {Element | null | undefined} element */
  function mark(element) {
    if (!element) return;
    current = element;
    const { left, top, width, height } = element.getBoundingClientRect();
    for (const [name, value] of Object.entries({ left, top, width, height })) {
      frame.style.setProperty(name, `${value}px`);
    }
    const { role, name, selector } = describe(element);
    tip.textContent = [role, name].filter(Boolean).join(" ") || selector;
    // Out of the way of what is looked at.
    tip.classList.toggle("low", top < 120);
  }

  /** @param {string} key @returns {Element | null | undefined} */
  function neighbour(key) {
    switch (key) {
      case "ArrowUp":
        return current.parentElement ?? hostOf(current);
      case "ArrowDown":
        return visible([...(current.shadowRoot ?? current).children]);
      case "ArrowRight":
        return visible(following(current, "nextElementSibling"));
      case "ArrowLeft":
        return visible(following(current, "previousElementSibling"));
    }
  }

  /** @param {Element[]} elements */
  const visible = (elements) => elements.find((one) => one !== host && one.getClientRects().length > 0);

  return new Promise((resolve) => {
    /** @param {ReportElement | null} result */
    const end = (result) => {
      removeEventListener("keydown", onKey, true);
      shield.remove();
      resolve(result);
    };
    /** The page must not hear of keys either. @param {KeyboardEvent} event */
    const onKey = (event) => {
      // Taken out of the page by destroy(): its keys are its own again.
      if (!shield.isConnected) return end(null);
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key === "Escape") return end(null);
      if (event.key === "Enter") return end(describe(current));
      const next = neighbour(event.key);
      if (!next) return;
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
      mark(next);
    };
    shield.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      mark(elementAt(document, event.clientX, event.clientY, host));
    });
    shield.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const found = elementAt(document, event.clientX, event.clientY, host);
      end(found ? describe(found) : null);
    });
    addEventListener("keydown", onKey, true);
    shadow.append(shield);
    shield.showPopover();
    shield.focus();
    mark(visible([...document.body.children]) ?? document.body);
    tip.textContent = said.pick;
  });
}

/** @param {Element} element @param {"nextElementSibling" | "previousElementSibling"} where */
function following(element, where) {
  const found = [];
  for (let one = element[where]; one; one = one[where]) found.push(one);
  return found;
}

/** @param {Element} element */
function hostOf(element) {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

/** The deepest element at a point, through open shadow roots. @param {Document | ShadowRoot} root @param {number} x @param {number} y @param {Element} own @returns {Element | undefined} */
function elementAt(root, x, y, own) {
  const found = root.elementsFromPoint(x, y).find((one) => one !== own);
  const inner = found?.shadowRoot;
  if (inner && inner !== root) return elementAt(inner, x, y, own) ?? found;
  // Who points at the words of a button means the button.
  return found?.closest(CONTROLS) ?? found;
}
