// @ts-check
/** The list of shortcuts, made of the table that handles them. */

import { html } from "htm/preact";
import { HOME } from "./api.js";
import { single_keys } from "./settings.js";
import { SHORTCUTS } from "./shortcuts.js";
import { closeOverlay } from "./store.js";
import { Dialog } from "./view_form.js";

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);
/** @type {Readonly<Record<string, string>>} */
const NAMES = {
  "mod": APPLE ? "⌘" : "Ctrl",
  "alt": APPLE ? "⌥" : "Alt",
  "ArrowLeft": "←",
  "ArrowRight": "→",
  "ArrowUp": "↑",
  "ArrowDown": "↓",
  "Escape": "Esc",
};

export function Help() {
  const groups = [...new Set(SHORTCUTS.map(({ group }) => group))];
  return html`
    <${Dialog} id="help-title" title="Keyboard shortcuts" class="help" onClose=${() => closeOverlay("help")}>
      ${groups.map((group) =>
        html`
          <section key=${group} aria-labelledby=${`help-${group}`}>
            <h3 id=${`help-${group}`}>${group}</h3>
            <dl>${SHORTCUTS.filter((one) => one.group === group).map((one) =>
              html`
                <div key=${one.words}>
                  <dt>${one.words}</dt>
                  <dd>${one.keys.map((key, i) =>
                    html`${i > 0 && " or "}<${Keys} key=${key} keys=${key} />`
                  )}</dd>
                </div>
              `
            )}</dl>
          </section>
        `
      )}
      <${SingleKeys} />
      <p><a href=${`${HOME}/demo`}>Feedback button and launcher, in a page that shows them</a></p>
    <//>
  `;
}

/** @param {{ keys: string }} props */
export function Keys({ keys }) {
  return keys.split("+").map((key, i) =>
    html`${i > 0 && html`<span class="sr">+</span>`}<kbd>${
      NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)
    }</kbd>`
  );
}

export function SingleKeys() {
  return html`
    <label class="switch"><input type="checkbox" role="switch" checked=${single_keys}
      onChange=${(/** @type {Event} */ event) =>
        single_keys.value = (/** @type {HTMLInputElement} */ (event.currentTarget)).checked} />
      <span class="track" aria-hidden="true"></span><span>Shortcuts of a single key</span></label>
  `;
}
