// @ts-check
/**
 * Shows a long list of rows of any height: only those in sight and a little around them are in the document. The row
 * at the top edge stays where it is whatever happens above and below it; who is at the end stays at the end.
 */

import { batch, signal } from "@preact/signals";
import { createHeights } from "./heights.js";

/** @typedef {{ first: number, last: number, above: number, below: number }} Range rows from `first` to before `last`, and the room of the others in pixels */
/** @typedef {ReturnType<typeof createWindow>} Window */

/** Rows so far beside what is seen are drawn too, in pixels. */
const AROUND_PX = 500;
/** So near to the end, in pixels, counts as at the end. */
const NEAR_PX = 60;
/** Most drawings of one frame. */
const MAX_TURNS = 8;

/** @param {(row: number) => number} estimate height of a row that was never drawn, in pixels */
export function createWindow(estimate) {
  const heights = createHeights(estimate);
  const range = signal(/** @type {Range} */ ({ first: 0, last: 0, above: 0, below: 0 }));
  const following = signal(true);
  /** How many rows there were when the reader was last at the end. */
  const seen = signal(0);
  /** The row at the top edge, and how far the edge is below its beginning. */
  let anchor = { row: 0, into: 0 };
  /** @type {HTMLElement | null} */
  let scroller = null;
  /** @type {HTMLElement | null} */
  let list = null;
  /** Where it was put last, to tell the reader's scrolling from the list's own. */
  let put = 0;

  const sizes = new ResizeObserver((entries) => {
    let changed = false;
    for (const { target, borderBoxSize } of entries) {
      // A row that went is told of once more, without a height.
      if (!target.isConnected) continue;
      const row = Number(/** @type {HTMLElement} */ (target).dataset.row);
      if (heights.set(row, borderBoxSize[0].blockSize)) changed = true;
    }
    if (changed) settle();
  });
  const outer = new ResizeObserver(() => settle());

  /** Where the list begins in what scrolls. */
  const begin = () =>
    list === null || scroller === null
      ? 0
      : list.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;

  /** Draws what is in sight now. */
  function look() {
    if (scroller === null) return;
    const top = scroller.scrollTop - begin();
    const first = heights.count === 0 ? 0 : heights.at(top - AROUND_PX);
    const last = heights.count === 0 ? 0 : heights.at(top + scroller.clientHeight + AROUND_PX) + 1;
    const next = { first, last, above: heights.top(first), below: heights.total() - heights.top(last) };
    const now = range.peek();
    if (
      now.first !== next.first || now.last !== next.last || now.above !== next.above ||
      now.below !== next.below
    ) {
      keepFocus(next);
      range.value = next;
    }
  }

  /** A row that goes out of sight takes the focus with it: the list keeps it. @param {Range} next */
  function keepFocus(next) {
    const row = document.activeElement?.closest("[data-row]");
    if (!(row instanceof HTMLElement) || !list?.contains(row)) return;
    const at = Number(row.dataset.row);
    if (at < next.first || at >= next.last) scroller?.focus({ preventScroll: true });
  }

  /** Puts the view where it belongs, after rows or heights changed. */
  function hold() {
    if (scroller === null) return;
    // The reader scrolled, and the event that says so is still to come.
    if (Math.abs(scroller.scrollTop - put) > 1) heed();
    const wanted = following.peek() ? scroller.scrollHeight : begin() + heights.top(anchor.row) + anchor.into;
    if (Math.abs(wanted - scroller.scrollTop) > 1) scroller.scrollTop = wanted;
    put = scroller.scrollTop;
  }

  function settle() {
    hold();
    look();
  }

  /** Drawings in this frame. */
  let turns = 0;
  /** Measures what was drawn and, if that moved something, has it drawn again. */
  function drawn() {
    if (list === null) return;
    for (const element of list.querySelectorAll("[data-row]")) {
      const row = Number(/** @type {HTMLElement} */ (element).dataset.row);
      heights.set(row, element.getBoundingClientRect().height);
    }
    if (turns++ === 0) {
      requestAnimationFrame(() => {
        const more = turns > MAX_TURNS;
        turns = 0;
        if (more) settle();
      });
    }
    hold();
    // Rows that take another height whenever they come must not keep the page from ever being painted.
    if (turns <= MAX_TURNS) look();
  }

  /** Takes in where the reader has scrolled to. */
  function heed() {
    if (scroller === null) return;
    const at = scroller.scrollTop;
    const near = scroller.scrollHeight - at - scroller.clientHeight < NEAR_PX;
    // At the end the list may have grown since it was put there: only who scrolls back leaves the end.
    following.value = near || (following.peek() && at >= put - 1);
    if (following.peek()) seen.value = heights.count;
    put = at;
    const top = at - begin();
    const row = heights.at(top);
    anchor = { row, into: top - heights.top(row) };
  }

  function onScroll() {
    batch(() => {
      heed();
      look();
    });
  }

  return {
    range,
    following,
    seen,
    /** Tells the list how many rows there are. @param {number} count */
    grow(count) {
      heights.grow(count);
      if (following.peek()) seen.value = count;
      look();
    },
    /** Call after every drawing. */
    drawn,
    /** For every row's element when it comes; answers what to call when it goes. @param {HTMLElement} element */
    watch(element) {
      sizes.observe(element);
      return () => sizes.unobserve(element);
    },
    /** @param {HTMLElement} element the list @param {HTMLElement} around what scrolls */
    attach(element, around) {
      list = element;
      scroller = around;
      scroller.addEventListener("scroll", onScroll, { passive: true });
      outer.observe(scroller);
      settle();
      return () => {
        around.removeEventListener("scroll", onScroll);
        sizes.disconnect();
        outer.disconnect();
        list = scroller = null;
      };
    },
    toEnd() {
      following.value = true;
      seen.value = heights.count;
      settle();
    },
    toStart() {
      following.value = false;
      anchor = { row: 0, into: -begin() };
      settle();
    },
    /** @param {number} row @param {number} margin room above it, in pixels */
    toRow(row, margin) {
      following.value = false;
      anchor = { row, into: -margin };
      settle();
    },
  };
}
