// @ts-check
/** Puts a floating element beside the one that opened it, inside the window. */

import { useEffect, useLayoutEffect } from "preact/hooks";

/** @import { RefObject } from "preact" */

const GAP = 4;

/**
 * Below the anchor, or above it where there is no room.
 *
 * @param {HTMLElement} element
 * @param {HTMLElement} anchor
 */
export function place(element, anchor) {
  const from = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = element;
  const below = from.bottom + GAP + height <= innerHeight;
  element.style.top = `${Math.max(GAP, below ? from.bottom + GAP : from.top - GAP - height)}px`;
  const left = from.left + width <= innerWidth - GAP ? from.left : from.right - width;
  element.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
}

/**
 * Keeps a floating element at its anchor, also while its content grows, and closes it on a press elsewhere.
 *
 * @param {RefObject<HTMLElement | null>} box
 * @param {HTMLElement} anchor
 * @param {() => void} close
 */
export function useFloating(box, anchor, close) {
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    place(element, anchor);
    const observer = new ResizeObserver(() => place(element, anchor));
    observer.observe(element);
    /** @param {Event} event */
    const outside = (event) => {
      if (!(event.target instanceof Node) || element.contains(event.target)) return;
      if (!anchor.contains(event.target)) close();
    };
    addEventListener("pointerdown", outside, true);
    return () => {
      observer.disconnect();
      removeEventListener("pointerdown", outside, true);
    };
  }, []);
  useEffect(() => {
    const moved = () => {
      if (box.current !== null && anchor.isConnected) place(box.current, anchor);
    };
    addEventListener("resize", moved);
    return () => removeEventListener("resize", moved);
  }, []);
}
