// @ts-check
/** Short messages at the edge, and what screen readers are told. */

import { html } from "htm/preact";
import { Icon } from "./icons.js";
import { announcement, dismiss, toasts } from "./store.js";

export function Toasts() {
  return html`
    <div class="toasts" role="region" aria-label="Messages">
      <div class="toast-list" role="status" aria-live="polite">${toasts.value.map((item) =>
        html`
          <div class=${`toast ${item.tone}`} key=${item.id}>
            <span>${item.text}</span>
            ${item.action !== null && html`
              <button type="button" class="toast-action" onClick=${item.action.run}>${item.action
                .word}</button>
            `}
            <button type="button" class="icon-button small" aria-label="Dismiss" onClick=${() =>
              dismiss(item.id)}>
              <${Icon} name="close" />
            </button>
          </div>
        `
      )}</div>
    </div>
    <p class="sr" role="status" aria-live="polite">${announcement}</p>
  `;
}
