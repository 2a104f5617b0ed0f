// @ts-check
/** Keeps the keyboard's focus on a card that goes to another column, where it is drawn anew. */

/** The issue whose card shall get the focus when it appears. */
let wanted = "";

addEventListener("focusin", (event) => {
  const card = event.target instanceof Element ? event.target.closest("[data-issue]") : null;
  if (card?.getAttribute("data-issue") !== wanted) wanted = "";
});

/** The focus follows this card until it goes elsewhere. @param {string} issue_id */
export function keepFocus(issue_id) {
  wanted = issue_id;
}

/** @param {string} issue_id */
export function wantsFocus(issue_id) {
  return wanted === issue_id;
}

/**
 * The card beside this one, by what is drawn.
 *
 * @param {Element} card
 * @param {number} columns so many columns to the right
 * @param {number} rows so many cards further down
 */
export function neighbour(card, columns, rows) {
  const list = card.closest(".cards");
  const own = [...list?.querySelectorAll("[data-issue]") ?? []];
  const at = own.indexOf(card);
  if (columns === 0) return own[at + rows] ?? null;
  // The next column that has a card.
  const lists = [...document.querySelectorAll(".cards")];
  for (let i = lists.findIndex((one) => one === list) + columns; lists[i] !== undefined; i += columns) {
    const cards = lists[i].querySelectorAll("[data-issue]");
    if (cards.length > 0) return cards[Math.min(at, cards.length - 1)];
  }
  return null;
}

/** @param {Element} card */
export function focusCard(card) {
  const link = card.querySelector(".card-title");
  if (!(link instanceof HTMLElement)) return;
  link.focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}
