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
