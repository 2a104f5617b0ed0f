// @ts-check
/** Every shortcut of the board: this table handles them, and the list behind `?` is made of it. */

import { stepIssue } from "./actions.js";
import { closeIssue, openIssue, openView } from "./detail.js";
import { setFilter } from "./filter.js";
import { focusCard, keepFocus, neighbour } from "./focus.js";
import { single_keys } from "./settings.js";
import { cards, creating, openRef, overlay, undoable, view } from "./store.js";
import { openMenu } from "./view_menu.js";

/** @import { Card } from "./reduce.js" */

/**
 * @typedef {object} Shortcut
 * @property {string} group
 * @property {string} words what it does
 * @property {readonly string[]} keys `mod+` is Ctrl, or Cmd on a Mac
 * @property {boolean} [typing] also while a text is typed
 * @property {boolean} [covered] also while a dialog or a menu is open
 * @property {(event: KeyboardEvent, card: Card | null) => boolean | void} run `false`: not meant here, the key goes on
 */

/** @type {readonly Shortcut[]} */
export const SHORTCUTS = [
  { group: "Board", words: "New issue", keys: ["c"], run: () => void (creating.value = true) },
  { group: "Board", words: "Search", keys: ["/"], run: () => focusOn("#search") },
  { group: "Board", words: "Filter", keys: ["f"], run: () => void (overlay.value = "filter") },
  {
    group: "Board",
    words: "Command palette",
    keys: ["mod+k"],
    typing: true,
    covered: true,
    run: () => void (overlay.value = overlay.value === "palette" ? "" : "palette"),
  },
  { group: "Board", words: "Next that needs you", keys: ["n"], run: () => focusOn(".strip-item") },
  {
    group: "Board",
    words: "Agents and charts, and back",
    keys: ["a"],
    run: () => openView(view.value === "agents" ? "" : "agents"),
  },
  { group: "Board", words: "Undo the last move", keys: ["mod+z"], run: undo },
  { group: "Board", words: "These shortcuts", keys: ["?"], run: () => void (overlay.value = "help") },
  {
    group: "Card",
    words: "Move to the column on the left",
    keys: ["alt+ArrowLeft"],
    run: (_, card) => step(card, -1),
  },
  {
    group: "Card",
    words: "Move to the column on the right",
    keys: ["alt+ArrowRight"],
    run: (_, card) => step(card, 1),
  },
  { group: "Card", words: "Move to…", keys: ["m"], run: (event, card) => menu(event, card) },
  { group: "Card", words: "Card above", keys: ["ArrowUp", "k"], run: (event) => walk(event, 0, -1) },
  { group: "Card", words: "Card below", keys: ["ArrowDown", "j"], run: (event) => walk(event, 0, 1) },
  {
    group: "Card",
    words: "Column on the left",
    keys: ["ArrowLeft", "h"],
    run: (event) => walk(event, -1, 0),
  },
  {
    group: "Card",
    words: "Column on the right",
    keys: ["ArrowRight", "l"],
    run: (event) => walk(event, 1, 0),
  },
  {
    group: "Card",
    words: "Open",
    keys: ["Enter", "o"],
    run: (event, card) => {
      // On a link or a button the key has its own meaning.
      if (card === null || (event.key === "Enter" && isControl(event))) return false;
      openIssue(card.id);
    },
  },
  {
    group: "Issue",
    words: "Send or save what is written",
    keys: ["mod+Enter"],
    typing: true,
    covered: true,
    run: ({ target }) => {
      const form = target instanceof Element ? target.closest("form") : null;
      if (form === null) return false;
      form.requestSubmit();
    },
  },
  { group: "Issue", words: "Edit", keys: ["e"], run: () => press("#edit-button") },
  {
    group: "Issue",
    words: "Reply",
    keys: ["r"],
    run: () => openRef.value === "" ? false : focusOn("#reply"),
  },
  {
    group: "Issue",
    words: "Close",
    keys: ["Escape"],
    typing: true,
    run: ({ target }) => {
      if (target instanceof HTMLElement && target.id === "search") {
        setFilter({ q: "" });
        target.blur();
      } else if (openRef.value !== "") closeIssue();
      else return false;
    },
  },
];

function undo() {
  if (undoable.value === null) return false;
  undoable.value();
}

/** @param {Card | null} card @param {-1 | 1} by */
function step(card, by) {
  if (card === null) return false;
  keepFocus(card.id);
  stepIssue(card, by);
}

/** @param {KeyboardEvent} event @param {Card | null} card */
function menu(event, card) {
  const anchor = elementOf(event)?.closest("[data-issue]")?.querySelector(".card-menu");
  if (card === null || !(anchor instanceof HTMLElement)) return false;
  openMenu(card, anchor);
}

/** @param {KeyboardEvent} event @param {number} columns @param {number} rows */
function walk(event, columns, rows) {
  const from = elementOf(event)?.closest("[data-issue]") ?? null;
  // Arrows scroll what has the focus, letters begin anywhere.
  if (from === null && event.key.startsWith("Arrow")) return false;
  const next = from === null ? document.querySelector("[data-issue]") : neighbour(from, columns, rows);
  if (next !== null) focusCard(next);
}

/** @param {string} selector */
function focusOn(selector) {
  const element = document.querySelector(selector);
  if (!(element instanceof HTMLElement)) return false;
  element.focus();
  if (element instanceof HTMLInputElement) element.select();
}

/** @param {string} selector */
function press(selector) {
  const element = document.querySelector(selector);
  if (!(element instanceof HTMLElement)) return false;
  element.click();
}

/** @param {KeyboardEvent} event */
const elementOf = ({ target }) => target instanceof Element ? target : null;
/** @param {KeyboardEvent} event */
const isControl = (event) => elementOf(event)?.closest("a, button, summary") !== null;

/** The key with its modifiers, as the table writes it. @param {KeyboardEvent} event */
function keyOf(event) {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const alt = event.altKey ? "alt+" : "";
  return mod + alt + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  // While a composed character is typed, keys belong to it.
  if (event.defaultPrevented || event.isComposing) return;
  const key = keyOf(event);
  if (key.length === 1 && !single_keys.value) return;
  const target = elementOf(event);
  const typing = target !== null && target.closest("input, textarea, select, [contenteditable]") !== null;
  const covered = document.querySelector("dialog[open]") !== null ||
    (target !== null && target.closest("[role=menu], [role=dialog]") !== null);
  const id = target?.closest("[data-issue]")?.getAttribute("data-issue") ?? "";
  const card = cards.value.get(id) ?? null;
  for (const shortcut of SHORTCUTS) {
    if (!shortcut.keys.includes(key)) continue;
    if ((typing && shortcut.typing !== true) || (covered && shortcut.covered !== true)) continue;
    if (shortcut.run(event, card) === false) continue;
    // The letter would land in the field that opens, the browser would go back in its history.
    event.preventDefault();
    return;
  }
}

export function startShortcuts() {
  addEventListener("keydown", onKeyDown);
  return () => removeEventListener("keydown", onKeyDown);
}
