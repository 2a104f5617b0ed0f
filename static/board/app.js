// @ts-check
/** Starts the board. */

import { effect } from "@preact/signals";
import { html, render } from "htm/preact";
import { answering } from "./answer.js";
import { closeIssue, followAddress, startDetail } from "./detail.js";
import { showCount } from "./favicon.js";
import { lazy } from "./lazy.js";
import { startLive } from "./live.js";
import { connection, creating, openRef, waiting } from "./store.js";
import { Attention } from "./view_attention.js";
import { Board } from "./view_board.js";
import { CreateDialog } from "./view_create.js";
import { Header } from "./view_header.js";
import { MoveMenu } from "./view_menu.js";
import { Toasts } from "./view_toasts.js";

const panel = lazy(async () => (await import("./view_panel.js")).Panel);
const answer = lazy(async () => (await import("./view_answer.js")).Answer);

function App() {
  return html`
    <div class=${`app ${openRef.value === "" ? "" : "with-panel"}`}>
      <div class="under">
        <${Header} />
        <${Attention} />
        <${Board} />
      </div>
      ${openRef.value !== "" && html`<${panel.Part} />`}
    </div>
    ${answering.value !== null && html`<${answer.Part} />`}
    <${CreateDialog} />
    <${MoveMenu} />
    <${Toasts} />
  `;
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  const target = event.target instanceof Element ? event.target : null;
  if (event.key === "Escape" && !creating.value && !event.defaultPrevented) return closeIssue();
  const typing = target?.closest("input, textarea, select, [contenteditable], dialog, [role=menu]") ?? null;
  if (typing !== null || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key.toLowerCase() === "c") {
    event.preventDefault(); // the letter would land in the field that opens
    creating.value = true;
  }
}

addEventListener("keydown", onKeyDown);
// Who points at a card is about to open it.
addEventListener("pointerover", function near({ target }) {
  if (!(target instanceof Element) || target.closest("[data-issue], .strip-item") === null) return;
  panel.want();
  removeEventListener("pointerover", near);
});
effect(() => {
  const count = waiting.value;
  const away = connection.value === "offline" ? "Offline · " : "";
  showCount(count);
  document.title = `${away}${count > 0 ? `(${count}) ` : ""}Autopilot`;
});
followAddress();
startLive();
startDetail();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("root")));
