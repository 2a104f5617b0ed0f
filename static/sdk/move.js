// @ts-check
/** Where the launcher stands: dragged, or moved by the arrow keys; kept, and never outside of the window. */
import { parse } from "../shared/base.js";

/** A pointer that moves less is a click, in pixels. */
const CLICK_PX = 5;
/** What the style sheet leaves free around it, in pixels. */
const EDGE_PX = 12;
const STEP_PX = 16;
const FAR_STEP_PX = 96;

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The place is a part of the free room, from 0 to 1 in each direction: the style sheet makes pixels of it, in a window
 * of any size.
 *
 * @param {HTMLElement} pill @param {HTMLElement} root gets the place as `--x` and `--y`
 * @param {string} name under which the page's storage keeps it
 * @param {{ x: number, y: number }} place where it stands at first
 * @returns what ends a drag
 */
export function makeMovable(pill, root, name, place) {
  /** @type {{ x: number, y: number } | null} where in the launcher the pointer took it, in pixels */
  let grip = null;
  let dragged = false;

  const room = () => {
    const { width, height } = pill.getBoundingClientRect();
    const free = (/** @type {number} */ all, /** @type {number} */ own) =>
      Math.max(1, all - own - 2 * EDGE_PX);
    return { x: free(innerWidth, width), y: free(innerHeight, height) };
  };

  /** @param {number} x @param {number} y */
  function put(x, y) {
    place = { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
    root.style.setProperty("--x", `${place.x}`);
    root.style.setProperty("--y", `${place.y}`);
    root.classList.toggle("top", place.y < 0.5);
  }

  function keep() {
    try {
      localStorage.setItem(name, JSON.stringify(place));
    } catch {
      // A page without storage forgets it.
    }
  }

  /** @param {PointerEvent} event */
  function drag(event) {
    if (grip === null) return;
    const box = pill.getBoundingClientRect();
    const [left, top] = [event.clientX - grip.x, event.clientY - grip.y];
    if (!dragged) {
      if (Math.hypot(left - box.left, top - box.top) < CLICK_PX) return;
      dragged = true;
      // Goes on over frames of the page.
      pill.setPointerCapture(event.pointerId);
    }
    const { x, y } = room();
    put((left - EDGE_PX) / x, (top - EDGE_PX) / y);
  }

  function drop() {
    grip = null;
    removeEventListener("pointermove", drag);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", drop);
    if (dragged) keep();
  }

  pill.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button !== 0) return;
    const box = pill.getBoundingClientRect();
    grip = { x: event.clientX - box.left, y: event.clientY - box.top };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", drop);
  });
  pill.addEventListener("click", (event) => {
    // The click that ends a drag; one of the keyboard has no place to be counted from.
    if (dragged && event.detail > 0) event.stopPropagation();
    dragged = false;
  }, true);
  pill.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { x, y } = room();
    const step = event.shiftKey ? FAR_STEP_PX : STEP_PX;
    put(place.x + by[0] * step / x, place.y + by[1] * step / y);
    keep();
  });

  let kept = null;
  try {
    kept = parse(localStorage.getItem(name), null);
  } catch {
    // A page without storage has it where it is at first.
  }
  const { x, y } = { ...place, ...kept };
  if (x >= 0 && y >= 0) put(x, y);
  else put(place.x, place.y);
  return drop;
}
