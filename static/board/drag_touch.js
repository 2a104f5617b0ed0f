// @ts-check
/**
 * Dragging by touch, which browsers have no events for: a long press lifts the card. Sortable sees the gesture, shows
 * the lifted card and scrolls at the edges; it never moves a card itself, as the columns are drawn from the store.
 */

// @ts-types="@types/sortablejs"
import Sortable from "sortablejs";
import { cancelDrag, cardOf, dragOver, drop, startDrag } from "./drag.js";

/** @import { Status } from "../../src/domain/issue.ts" */

/** A press of so long lifts the card; a shorter one scrolls or opens. */
const PRESS_MS = 220;

/** @param {HTMLElement} board @returns {() => void} ends it */
export function startTouchDrag(board) {
  /** The finger's last place. */
  let at = { clientX: 0, clientY: 0 };
  /** @param {PointerEvent} event */
  const follow = ({ clientX, clientY }) => {
    at = { clientX, clientY };
    const column = document.elementFromPoint(clientX, clientY)?.closest("[data-status]");
    dragOver(/** @type {Status | null} */ (column?.getAttribute("data-status") ?? null));
  };
  /** A long press on a link is not the browser's menu. @param {Event} event */
  const noMenu = (event) => event.preventDefault();
  /** @param {KeyboardEvent} event */
  const onKey = ({ key }) => {
    if (key === "Escape") cancelDrag();
  };
  /** @type {import("sortablejs").Options} */
  const options = {
    group: { name: "cards", pull: false, put: false },
    sort: false,
    draggable: ".card",
    // A mouse drags natively.
    filter: (event) =>
      /** @type {unknown} */ (event) instanceof PointerEvent
        ? /** @type {PointerEvent} */ (/** @type {unknown} */ (event)).pointerType !== "touch"
        : true,
    preventOnFilter: false,
    delay: PRESS_MS,
    delayOnTouchOnly: true,
    touchStartThreshold: 8,
    forceFallback: true,
    fallbackOnBody: true,
    fallbackClass: "lifted",
    ghostClass: "lifted-from",
    scrollSensitivity: 48,
    scrollSpeed: 14,
    bubbleScroll: true,
    onMove: () => false,
    // The press was long enough.
    onChoose: ({ item }) => {
      const card = cardOf(item);
      if (card === null) return;
      startDrag(card);
      navigator.vibrate?.(8);
      addEventListener("contextmenu", noMenu);
      addEventListener("pointermove", follow);
      addEventListener("keydown", onKey);
    },
    onUnchoose: (event) => {
      removeEventListener("contextmenu", noMenu);
      removeEventListener("pointermove", follow);
      removeEventListener("keydown", onKey);
      const { originalEvent } = /** @type {{ originalEvent?: Event }} */ (/** @type {unknown} */ (event));
      if (originalEvent?.type === "pointerup") drop(at);
      else cancelDrag();
    },
  };
  /** The lists that know the gesture; a filter takes lists away and brings others. @type {Map<Element, Sortable>} */
  const known = new Map();
  /** @param {Event} event */
  function onPress({ target }) {
    for (const [list, sortable] of known) {
      if (list.isConnected) continue;
      sortable.destroy();
      known.delete(list);
    }
    const list = target instanceof Element ? target.closest(".cards") : null;
    if (list instanceof HTMLElement && !known.has(list)) known.set(list, new Sortable(list, options));
  }
  board.addEventListener("pointerdown", onPress, true);
  return () => {
    board.removeEventListener("pointerdown", onPress, true);
    for (const sortable of known.values()) sortable.destroy();
  };
}
