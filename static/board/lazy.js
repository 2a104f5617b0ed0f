// @ts-check
/** Parts of the page that are loaded when they are first needed. */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { toast } from "./store.js";
import { loadStyle } from "./style_sheet.js";

/** @import { ComponentType } from "preact" */

/**
 * A component that shows nothing until its module is here.
 *
 * @param {() => Promise<ComponentType<any>>} load
 * @param {string} [style] the style sheet that it needs
 * @returns {{ want: () => void, Part: (props: Record<string, unknown>) => unknown }} `want` loads it ahead of its first use
 */
export function lazy(load, style = "") {
  const part = signal(/** @type {{ component: ComponentType<any> } | null} */ (null));
  /** @type {Promise<void> | null} */
  let loading = null;

  function want() {
    loading ??= Promise.all([load(), style === "" ? null : loadStyle(style)]).then(
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
      if (part.value === null) {
        want();
        return null;
      }
      return html`<${part.value.component} ...${props} />`;
    },
  };
}
