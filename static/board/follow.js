// @ts-check
/** A list that grows at its end stays at its end, until the reader scrolls away from it. */

import { useEffect } from "preact/hooks";

/** @import { RefObject } from "preact" */

/** So near to the end, in pixels, counts as at the end. */
const NEAR_PX = 80;

/**
 * @param {RefObject<HTMLElement | null>} content the growing element, inside the panel's scrolling part
 * @param {boolean} start whether to begin at the end
 */
export function useFollowEnd(content, start) {
  useEffect(() => {
    const element = content.current;
    const scroller = element?.closest(".panel-body");
    if (!element || !scroller) return;
    let following = start;
    const onScroll = () =>
      following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
    const observer = new ResizeObserver(() => {
      if (following) scroller.scrollTop = scroller.scrollHeight;
    });
    scroller.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(element);
    return () => {
      scroller.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, []);
}
