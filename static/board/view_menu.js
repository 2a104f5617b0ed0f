// @ts-check
/** The menu of an issue: where it may go. There is one, shown beside whatever opened it. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { moveIssue } from "./actions.js";
import { keepFocus } from "./focus.js";
import { StatusIcon } from "./icons.js";
import { place } from "./place.js";
import { HUMAN_STATUSES, STATUS_WORDS } from "./words.js";

/** @import { Status } from "../../src/domain/issue.ts" */
/** @import { Signal } from "@preact/signals" */
/** @import { Card } from "./reduce.js" */

/** @type {Signal<{ card: Card, anchor: HTMLElement } | null>} */
const menu = signal(null);

/** @param {Card} card @param {HTMLElement} anchor */
export function openMenu(card, anchor) {
  menu.value = { card, anchor };
}

export function MoveMenu() {
  const open = menu.value;
  return open === null ? null : html`
    <section aria-label=${`Where #${open.card.number} goes`}>
      <${Menu} key=${open.card.id} ...${open} />
    </section>
  `;
}

/** @param {{ card: Card, anchor: HTMLElement }} props */
function Menu({ card, anchor }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    place(element, anchor);
    items()[0]?.focus();
  }, []);

  useEffect(() => {
    /** @param {Event} event */
    const outside = (event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) menu.value = null;
    };
    addEventListener("pointerdown", outside, true);
    addEventListener("scroll", outside, true);
    return () => {
      removeEventListener("pointerdown", outside, true);
      removeEventListener("scroll", outside, true);
    };
  }, []);

  /** @returns {HTMLElement[]} */
  function items() {
    return box.current === null ? [] : [...box.current.querySelectorAll("button")];
  }

  function close() {
    menu.value = null;
    anchor.focus();
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    const all = items();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (event.key === "ArrowDown") all[(at + 1) % all.length].focus();
    else if (event.key === "ArrowUp") all[(at + all.length - 1) % all.length].focus();
    else if (event.key === "Home") all[0].focus();
    else if (event.key === "End") all[all.length - 1].focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") return close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Status} status */
  function choose(status) {
    close();
    if (anchor.closest("[data-issue]") !== null) keepFocus(card.id);
    moveIssue(card, status);
  }

  return html`
    <div class="menu" role="menu" ref=${box} aria-label=${`Move #${card.number} to`} onKeyDown=${onKeyDown}>
      <p class="menu-title" aria-hidden="true">${card.status === "in_progress"
        ? "Stop the agent and move to"
        : "Move to"}</p>
      ${HUMAN_STATUSES.filter((status) => status !== card.status).map((status) =>
        html`
          <button type="button" role="menuitem" key=${status} onClick=${() => choose(status)}>
            <${StatusIcon} status=${status} />${STATUS_WORDS[status]}
          </button>
        `
      )}
    </div>
  `;
}
