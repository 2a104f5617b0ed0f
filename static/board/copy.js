// @ts-check
/** Puts text on the clipboard, and says so. */

import { toast } from "./store.js";

/** @param {string} text @param {string} what what was copied, for the message */
export async function copyText(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`, "good");
  } catch {
    // Pages that did not come by HTTPS or from this machine have no clipboard of their own.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    document.body.append(area);
    const focus = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focus instanceof HTMLElement) focus.focus({ preventScroll: true });
    if (done) toast(`${what} copied`, "good");
    else toast("The browser did not let the board copy: select the text instead", "bad");
  }
}
