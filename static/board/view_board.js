// @ts-check
/** The board: its columns, and what happens when one is pressed or dragged. */

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.js";
import { filter } from "./filter.js";
import { retryNow } from "./live.js";
import { boot, drag } from "./store.js";
import { Column } from "./view_column.js";
import { STATUSES } from "./words.js";

/** @import { Status } from "../../src/domain/issue.ts" */

export function Board() {
  const state = boot.value;
  const board = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => board.current === null ? undefined : awaitTouch(board.current), [state.state === "failed"]);
  if (state.state === "failed") {
    return html`
      <main class="notice">
        <div role="alert">
          <h2>The board could not be loaded</h2>
          <p>${state.reason} The board comes by itself when the server is back.</p>
        </div>
        <button type="button" class="button primary"
          onClick=${retryNow}><${Icon} name="retry" />Try again</button>
      </main>
    `;
  }
  return html`
    <main class=${`board ${drag.value === null ? "" : "dragging"}`} ref=${board}
      aria-busy=${state.state === "loading"} data-live=${state.state === "ready"}>
      ${STATUSES.filter(isShown).map((status) =>
        html`<${Column} key=${status} status=${status} loading=${state.state === "loading"} />`
      )}
    </main>
  `;
}

/** @param {Status} status */
const isShown = (status) => filter.value.status.length === 0 || filter.value.status.includes(status);

/**
 * Dragging by touch is loaded by the first touch, whose press is told again when it is here in time.
 *
 * @param {HTMLElement} board
 * @returns {() => void} ends it
 */
function awaitTouch(board) {
  /** @type {(() => void) | null} */
  let stop = null;
  /** @type {PointerEvent | null} */
  let held = null;
  let wanted = false;
  let ended = false;
  const release = () => held = null;

  /** @param {PointerEvent} event */
  async function onPress(event) {
    const card = event.target instanceof Element ? event.target.closest(".card") : null;
    const touch = event.pointerType === "touch";
    // The browser's own dragging is for the mouse; a long press would start it too.
    if (card instanceof HTMLElement) card.draggable = !touch;
    if (!touch || wanted) return;
    wanted = true;
    held = event;
    try {
      const { startTouchDrag } = await import("./drag_touch.js");
      if (ended) return;
      stop = startTouchDrag(board);
      held?.target?.dispatchEvent(new PointerEvent("pointerdown", held));
    } catch {
      wanted = false; // the menu of a card moves it too; the next touch tries again
    }
  }
  /** While a card is lifted the finger scrolls nothing; a browser asks only who listens before the touch begins. */
  /** @param {TouchEvent} event */
  function onTouchMove(event) {
    if (drag.peek() !== null && event.cancelable) event.preventDefault();
  }
  board.addEventListener("pointerdown", onPress);
  board.addEventListener("touchmove", onTouchMove, { passive: false });
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  return () => {
    ended = true;
    stop?.();
    board.removeEventListener("pointerdown", onPress);
    board.removeEventListener("touchmove", onTouchMove);
    removeEventListener("pointerup", release);
    removeEventListener("pointercancel", release);
  };
}
