// @ts-check
/** Starts the board. */

import { effect } from "@preact/signals";
import { html, render } from "htm/preact";
import { followAddress, startDetail } from "./detail.js";
import { filtering, startFilter } from "./filter.js";
import { lazy } from "./lazy.js";
import { onMessages, startLive } from "./live.js";
import { startShortcuts } from "./shortcuts.js";
import { answering, boot, connection, creating, openRef, overlay, view, waiting } from "./store.js";
import { Attention } from "./view_attention.js";
import { Board } from "./view_board.js";
import { Away, Header } from "./view_header.js";
import { MoveMenu } from "./view_menu.js";
import { Toasts } from "./view_toasts.js";

/** After the first cards, in milliseconds. */
const CALM_MS = 500;

const FORMS = ["forms.css"];
const PANEL = ["forms.css", "panel.css"];
const panel = lazy(async () => (await import("./view_panel.js")).Panel, PANEL);
const answer = lazy(async () => (await import("./view_answer.js")).Answer, PANEL);
const create = lazy(async () => (await import("./view_create.js")).CreateDialog, FORMS, { field: true });
const palette = lazy(async () => (await import("./view_palette.js")).Palette, FORMS, { field: true });
const agentsPage = lazy(async () => (await import("./view_agents.js")).AgentsPage, ["agents.css"]);
const filterRow = lazy(async () => (await import("./view_filter.js")).FilterRow);
const filterMenu = lazy(async () => (await import("./view_filter.js")).FilterMenu, FORMS);
const help = lazy(async () => (await import("./view_help.js")).Help, FORMS);
const settings = lazy(async () => (await import("./view_settings.js")).Settings, FORMS);

function App() {
  return html`
    <div class=${`app ${openRef.value === "" ? "" : "with-panel"}`}>
      <div class="under">
        <${Header} />
        <${Away} />
        ${view.value === "agents" ? html`<${agentsPage.Part} />` : html`
          <${Attention} />
          ${filtering.value && html`<${filterRow.Part} />`}
          <${Board} />
        `}
      </div>
      ${openRef.value !== "" && html`<${panel.Part} />`}
    </div>
    ${answering.value !== null && html`<${answer.Part} />`}
    ${creating.value && html`<${create.Part} />`}
    <${MoveMenu} />
    ${overlay.value === "palette" && html`<${palette.Part} />`}
    ${overlay.value === "filter" && html`<${filterMenu.Part} />`}
    ${overlay.value === "help" && html`<${help.Part} />`}
    ${overlay.value === "settings" && html`<${settings.Part} />`}
    <${Toasts} />
  `;
}

// Who points at a card is about to open it.
addEventListener("pointerover", function near({ target }) {
  if (!(target instanceof Element) || target.closest("[data-issue], .strip-item") === null) return;
  panel.want();
  removeEventListener("pointerover", near);
});
let counted = false;
/** @param {number} count */
function showCount(count) {
  counted = true;
  // The title tells the number, too.
  import("./favicon.js").then((icon) => icon.showCount(count), () => {});
}
effect(() => {
  const count = waiting.value;
  const away = connection.value === "offline" ? "Offline · " : "";
  if (count > 0 || counted) showCount(count);
  document.title = `${away}${count > 0 ? `(${count}) ` : ""}Autopilot`;
});
onMessages((messages) => {
  if (!messages.some(({ type }) => type === "issue.status")) return;
  // Without it the cards move all the same.
  import("./notices.js").then(({ tell }) => tell(messages), () => {});
});
followAddress();
// A file that is dropped beside a form would take the place of the page.
addEventListener("dragenter", () => void import("./files.js").then((files) => files.catchStrayFiles()), {
  once: true,
});
startFilter();
startShortcuts();
startLive();
startDetail();
// What moves the cards smoothly can wait until there are some.
const loaded = effect(() => {
  if (boot.value.state !== "ready") return;
  setTimeout(() => {
    import("./flip.js").then((flip) => flip.startFlip(), () => {});
    import("./read_only.js").then((module) => module.startReadOnly(), () => {});
  }, CALM_MS);
  queueMicrotask(() => loaded());
});
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("root")));
// A page that frames the board can see by nothing else that it is here.
if (parent !== self) parent.postMessage("autopilot-board", "*");
