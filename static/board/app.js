// @ts-check
/** Starts the board. */

import { effect } from "@preact/signals";
import { html, render } from "htm/preact";
import { closeIssue, followAddress, startDetail } from "./detail.js";
import { startLive } from "./live.js";
import { connection, creating, openRef, waiting } from "./store.js";
import { Board } from "./view_board.js";
import { CreateDialog } from "./view_create.js";
import { Header } from "./view_header.js";
import { MoveMenu } from "./view_menu.js";
import { Panel } from "./view_panel.js";
import { Toasts } from "./view_toasts.js";

function App() {
  return html`
    <div class=${`app ${openRef.value === "" ? "" : "with-panel"}`}>
      <div class="under">
        <${Header} />
        <${Board} />
      </div>
      <${Panel} />
    </div>
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
effect(() => {
  const count = waiting.value;
  const away = connection.value === "offline" ? "Offline · " : "";
  document.title = `${away}${count > 0 ? `(${count}) ` : ""}Autopilot`;
});
followAddress();
startLive();
startDetail();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("root")));
