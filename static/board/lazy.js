// @ts-check
/** Parts of the page that are loaded when they are first needed. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect } from "preact/hooks";
import { toast } from "./store.js";
import { loadStyle } from "./style_sheet.js";

/** @import { ComponentType } from "preact" */

/**
 * A component that shows nothing until its module is here.
 *
 * @param {() => Promise<ComponentType<any>>} load
 * @param {readonly string[]} [styles] the style sheets that it needs
 * @param {{ field?: boolean }} [options] `field`: it opens with a field, so keys that are pressed before it is here land there
 * @returns {{ want: () => void, Part: (props: Record<string, unknown>) => unknown }} `want` loads it ahead of its first use
 */
export function lazy(load, styles = [], { field = false } = {}) {
  const part = signal(/** @type {{ component: ComponentType<any> } | null} */ (null));
  /** @type {Promise<void> | null} */
  let loading = null;

  function want() {
    loading ??= Promise.all([load(), ...styles.map(loadStyle)]).then(
      ([component]) => void (part.value = { component }),
      () => {
        loading = null; // the next use tries again
        toast("A part of the page could not be loaded. Is the server running?", "bad");
      },
    );
  }
  return {
    want,
    Part(props) {
      const here = part.value;
      useLayoutEffect(() => {
        if (here !== null || !field) return;
        const give = collectKeys();
        return () => give(part.peek() !== null);
      }, [here]);
      if (here === null) {
        want();
        return null;
      }
      return html`<${here.component} ...${props} />`;
    },
  };
}

/** Holds what is typed. @returns {(wanted: boolean) => void} ends it, and gives it to the field with the focus */
function collectKeys() {
  let text = "";
  let enter = false;
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") enter = true;
    else if (event.key.length === 1) text += event.key;
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("keydown", onKeyDown, true);
  return (wanted) => {
    removeEventListener("keydown", onKeyDown, true);
    const field = document.activeElement;
    if (!wanted || text === "" || !(field instanceof HTMLInputElement)) return;
    field.value += text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    // When the text has been taken in.
    if (enter) setTimeout(() => pressEnter(field));
  };
}

/** @param {HTMLInputElement} field */
function pressEnter(field) {
  const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
  if (field.dispatchEvent(event)) field.form?.requestSubmit();
}
