// @ts-check
/** What a person can choose for this browser. */

import { html } from "htm/preact";
import { notify, theme } from "./settings.js";
import { closeOverlay, overlay, toast } from "./store.js";
import { Account } from "./view_account.js";
import { Dialog } from "./view_form.js";
import { SingleKeys } from "./view_help.js";

/** @import { Theme } from "./theme.js" */

/** @type {readonly [Theme, string][]} */
const THEMES = [["system", "System"], ["light", "Light"], ["dark", "Dark"]];

export function Settings() {
  return html`
    <${Dialog} id="settings-title" title="Settings" class="settings" onClose=${() =>
      closeOverlay("settings")}>
      <fieldset class="choice">
        <legend>Appearance</legend>
        ${THEMES.map(([value, word]) =>
          html`
            <label key=${value}><input type="radio" name="theme" value=${value} checked=${theme.value ===
              value}
              onChange=${() => theme.value = value} /><span>${word}</span></label>
          `
        )}
      </fieldset>
      <label class="switch"><input type="checkbox" role="switch" checked=${notify} onChange=${setNotify} />
        <span class="track" aria-hidden="true"></span><span>Tell me on the desktop when something needs me</span></label>
      <${SingleKeys} />
      <${Account} />
      <button type="button" class="button" onClick=${() => overlay.value = "help"}>List the shortcuts</button>
      <//>
  `;
}

/** @param {Event} event */
async function setNotify(event) {
  const box = /** @type {HTMLInputElement} */ (event.currentTarget);
  if (!box.checked) return notify.value = false;
  const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
  notify.value = answer === "granted";
  box.checked = notify.value;
  if (!notify.value) {
    toast("This browser does not let the board notify you: allow it in the site's settings.", "bad");
  }
}
