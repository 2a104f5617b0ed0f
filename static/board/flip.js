// @ts-check
/**
 * Cards glide to where they go, whoever moves them. Positions are read when the columns change, before anything is
 * drawn, and once more when it is.
 */

import { effect } from "@preact/signals";
import { drops } from "./drag.js";
import { shownColumns } from "./filter.js";

/** @typedef {{ x: number, y: number, width: number, column: Element, element: Element }} Place */

const GLIDE = { duration: 240, easing: "cubic-bezier(0.2, 0, 0, 1)" };
/** When more cards move at once nobody can follow; they are just there. */
const MOST = 24;
/** Pixels that nobody sees. */
const STILL = 2;

/** @type {Map<string, Place> | null} */
let before = null;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Returns a function that ends it. */
export function startFlip() {
  return effect(() => {
    void shownColumns.value;
    if (before !== null || document.hidden || calm.matches) return;
    before = places();
    requestAnimationFrame(glide);
  });
}

/** The cards that are in sight. */
function places() {
  /** @type {Map<string, Place>} */
  const found = new Map();
  for (const column of document.querySelectorAll(".column")) {
    const box = column.getBoundingClientRect();
    if (box.right < 0 || box.left > innerWidth) continue;
    for (const element of column.querySelectorAll(".card[data-issue]")) {
      const { x, y, width, bottom } = element.getBoundingClientRect();
      if (bottom < box.top) continue;
      if (y > box.bottom) break;
      found.set(element.getAttribute("data-issue") ?? "", { x, y, width, column, element });
    }
  }
  return found;
}

function glide() {
  /** @type {Map<string, Place>} */
  const old = before ?? new Map();
  before = null;
  /** @type {{ now: Place, away: boolean, dx: number, dy: number }[]} */
  const moves = [];
  for (const [id, now] of places()) {
    const was = old.get(id);
    if (was === undefined) continue;
    const drop = drops.get(id);
    const away = was.column !== now.column;
    const from = drop === undefined || !away ? was : { x: drop.x - now.width / 2, y: drop.y - 24 };
    if (!away && Math.abs(was.y - now.y) < STILL) continue;
    moves.push({ now, away, dx: from.x - now.x, dy: from.y - now.y });
  }
  drops.clear();
  // Everything moved by the same way: something above the board came or went.
  const shifted = moves.length > 1 && moves.every(({ away, dy }) => !away && dy === moves[0].dy);
  if (shifted || moves.length > MOST) return;
  for (const { now, away, dx, dy } of moves) {
    if (away) fly(now, dx, dy);
    else now.element.animate([{ transform: `translateY(${dy}px)` }, {}], GLIDE);
  }
}

/** A column shows nothing beyond its edge, so a copy goes the way. @param {Place} to @param {number} dx @param {number} dy */
function fly({ element, x, y, width }, dx, dy) {
  const copy = /** @type {HTMLElement} */ (element.cloneNode(true));
  copy.removeAttribute("data-issue");
  copy.ariaHidden = "true";
  copy.inert = true;
  copy.classList.add("flying");
  copy.style.left = `${x}px`;
  copy.style.top = `${y}px`;
  copy.style.width = `${width}px`;
  document.body.append(copy);
  element.animate([{ opacity: 0 }, { opacity: 0 }], GLIDE);
  copy.animate([{ transform: `translate(${dx}px, ${dy}px)` }, {}], GLIDE).finished.then(
    () => copy.remove(),
    () => copy.remove(),
  );
}
