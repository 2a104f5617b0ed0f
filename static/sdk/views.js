// @ts-check
/**
 * The toasts, the board over the page, and the list of what happened. Loaded when there is the first of them.
 *
 * @typedef {import("./types.js").Context} Context
 * @typedef {import("./types.js").Notice} Notice
 * @typedef {ReturnType<typeof createViews>} Views
 */

import { LATE_WORDS } from "./late_words.js";
import { createToasts } from "./toasts.js";

/** Length of the list. */
const MAX_LISTED = 60;
/** What the board's page says to who frames it, once it runs. */
const READY = "autopilot-board";
/** After a frame has loaded something, the board's word may take so long, in milliseconds. */
const WORD_MS = 1000;

/** @type {readonly [Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 60]];

/** Pages name their language as they like, e.g. `de_DE`. @param {string} lang */
function timesIn(lang) {
  const options = /** @type {const} */ ({ numeric: "auto", style: "short" });
  try {
    return new Intl.RelativeTimeFormat(lang.replaceAll("_", "-"), options);
  } catch {
    return new Intl.RelativeTimeFormat(undefined, options); // no language that anybody knows
  }
}

/** @param {Context} context */
export function createViews(context) {
  const { h, icon, root, shadow, lang, origin, openTo, closed } = context;
  // The launcher learns them too: it tells them from now on.
  const words = Object.assign(context.words, { ...LATE_WORDS, ...context.words });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("%VIEWS_CSS%");
  shadow.adoptedStyleSheets.push(sheet);
  const times = timesIn(lang);

  /** @param {() => void} onclick */
  const closer = (onclick) =>
    h("button", { type: "button", className: "plain", ariaLabel: words.close, onclick }, icon("cross"));

  const toasts = createToasts({ ...context, words });

  // The board.

  const dialog = h("dialog", { className: "board", ariaLabel: words.board });
  const tab = h("a", { target: "_blank", rel: "noopener" }, words.tab);
  const tab_of_note = tab.cloneNode(true);
  const note = h("div", { className: "note", hidden: true }, h("p", {}, words.unframed), tab_of_note);
  const stage = h("div", { className: "stage" }, note);
  dialog.append(h("header", {}, h("b", {}, words.board), tab, closer(close)), stage);
  root.append(dialog);
  /** @type {HTMLIFrameElement | null} */
  let frame = null;
  let ready = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  dialog.addEventListener("close", () => {
    clearTimeout(waiting);
    frame?.remove();
    frame = null;
    closed();
  });

  /** @param {MessageEvent} event */
  function heard(event) {
    if (frame === null || event.source !== frame.contentWindow) return;
    if (event.origin !== origin || event.data !== READY) return;
    ready = true;
    clearTimeout(waiting);
    note.hidden = true;
  }
  addEventListener("message", heard);

  /** @param {URL} url @param {boolean} framed */
  function openBoard(url, framed) {
    tab.href = tab_of_note.href = url.href;
    note.hidden = framed;
    if (framed && frame !== null) {
      // In its place: going back stays the page's.
      frame.contentWindow?.location.replace(url.href);
    } else if (framed) {
      ready = false;
      frame = h("iframe", { src: url.href, title: words.board, allow: "clipboard-write" });
      // A refused frame has no other sign than that the board says nothing.
      frame?.addEventListener("load", () => {
        clearTimeout(waiting);
        if (!ready) waiting = setTimeout(() => note.hidden = false, WORD_MS);
      });
      stage.prepend(/** @type {HTMLIFrameElement} */ (frame));
    }
    hideActivity();
    if (!dialog.open) dialog.showModal();
  }

  function close() {
    hideActivity();
    dialog.close();
  }

  // The list.

  const state = h("p", { className: "state" });
  const list = h("ol");
  const empty = h("p", { className: "empty" }, words.empty);
  const panel = h(
    "section",
    { className: "near panel", role: "dialog", ariaLabel: words.activity, hidden: true, tabIndex: -1 },
    h("header", {}, h("b", {}, words.activity), closer(() => hideActivity(true))),
    state,
    h("div", { className: "list" }, empty, list),
  );
  root.append(panel);
  /** @type {HTMLElement | null} the button that opened it */
  let opener = null;

  /** @param {Notice} notice */
  function itemOf({ level, icon: drawing, what, title, at, issue }) {
    const seconds = (Date.parse(at) - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, length]) => -seconds >= length) ?? UNITS[3];
    const when = Number.isNaN(seconds) ? "" : times.format(-Math.max(0, Math.floor(-seconds / length)), unit);
    return h(
      "li",
      { className: level },
      h(
        "button",
        { type: "button", className: "toast-text", onclick: () => (hideActivity(true), openTo(issue)) },
        icon(drawing),
        h("span", {}, h("b", { dir: "auto" }, what), h("span", { dir: "auto" }, title)),
        h("time", { dateTime: at }, when),
      ),
    );
  }

  /** @param {readonly Notice[]} notices */
  function add(notices) {
    if (panel.hidden) return;
    list.prepend(...notices.slice(-MAX_LISTED).map(itemOf).reverse());
    while (list.children.length > MAX_LISTED) list.lastChild.remove();
    empty.hidden = list.children.length > 0;
  }

  /** @param {boolean} [back] the focus goes back to the button */
  function hideActivity(back = false) {
    if (panel.hidden) return;
    panel.hidden = true;
    removeEventListener("pointerdown", outside);
    if (opener === null) return;
    opener.ariaExpanded = "false";
    if (back) opener.focus();
  }

  /** @param {PointerEvent} event */
  function outside(event) {
    if (!event.composedPath().includes(shadow.host)) hideActivity();
  }

  panel.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    hideActivity(true);
  });

  return {
    toasts,
    openBoard,
    close,
    isOpen: () => dialog.open,
    /** Whether somebody sees the news anyway. */
    reads: () => dialog.open || !panel.hidden,
    add,
    /** @param {string} text @param {string} name */
    tell(text, name) {
      state.textContent = text;
      state.className = `state ${name}`;
    },
    /** Answers whether it is shown now. @param {HTMLElement} button @param {readonly (Notice | null)[]} notices */
    toggleActivity(button, notices) {
      if (!panel.hidden) {
        hideActivity();
        return false;
      }
      opener = button;
      opener.ariaExpanded = "true";
      list.replaceChildren();
      empty.hidden = false;
      panel.hidden = false;
      add(notices.filter((notice) => notice !== null));
      addEventListener("pointerdown", outside);
      panel.focus();
      return true;
    },
    end() {
      toasts.end();
      removeEventListener("message", heard);
      removeEventListener("pointerdown", outside);
      clearTimeout(waiting);
    },
  };
}
