// @ts-check
/** The bar on top: who works, whether the page is live, and the way to a new issue. */

import { html } from "htm/preact";
import { HOME } from "./api.js";
import { openView } from "./detail.js";
import { filter, MAX_QUERY, setFilter } from "./filter.js";
import { Icon, Logo } from "./icons.js";
import { retryNow } from "./live.js";
import { agents, boot, columns, connection, creating, last_live, overlay, runner, view } from "./store.js";

export function Header() {
  return html`
    <header class="top">
      <a class="brand" href=${HOME} aria-label="Autopilot, the board"><${Logo} /><h1>Autopilot</h1></a>
      <${Summary} />
      <span class="grow"></span>
      <${Search} />
      <${Connection} />
      <button type="button" class="icon-button" aria-label="Settings" title="Settings"
        onClick=${() => overlay.value = "settings"}><${Icon} name="settings" /></button>
      <button type="button" class="button primary new-issue" aria-keyshortcuts="C" title="New issue (C)"
        onClick=${() => creating.value = true}>
        <${Icon} name="plus" /><span>New issue</span><kbd aria-hidden="true">C</kbd>
      </button>
    </header>
  `;
}

function Search() {
  return html`
    <label class="search">
      <span class="sr">Search issues</span>
      <${Icon} name="search" />
      <input type="search" id="search" placeholder="Search" maxlength=${MAX_QUERY} autocomplete="off"
        value=${filter.value.q} onInput=${(/** @type {InputEvent} */ event) =>
          setFilter({ q: (/** @type {HTMLInputElement} */ (event.currentTarget)).value })} />
      <kbd aria-hidden="true">/</kbd>
    </label>
    <button type="button" class="icon-button filter-button" id="filter-button" aria-label="Filter"
      title="Filter (F)"
      aria-haspopup="dialog" aria-expanded=${overlay.value === "filter"}
      onClick=${() => overlay.value = overlay.value === "filter" ? "" : "filter"}>
      <${Icon} name="filter" />
    </button>
  `;
}

function Summary() {
  const list = agents.value;
  if (list === null) return null;
  const alive = list.filter((agent) => agent.status !== "stale");
  const working = Math.max(alive.filter((agent) => agent.status === "working").length, 0);
  const queue = columns.value.ready.length;
  const text = alive.length === 0
    ? queue === 0 ? "No agents connected" : "No agents connected: nothing takes what is ready"
    : `${working} of ${alive.length} ${alive.length === 1 ? "agent" : "agents"} working`;
  return html`
    <p class="summary">
      <a href="?view=agents" aria-current=${view.value === "agents"
        ? "page"
        : null} title="Agents and charts (A)"
        onClick=${toAgents}><span class=${`agents-dot ${
          working > 0 ? "on" : ""
        }`} aria-hidden="true"></span>${text}</a>
      <${RunnerMarks} />
    </p>
  `;
}

/** @param {MouseEvent} event */
function toAgents(event) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  openView("agents");
}

/** What is unusual about the runner, in words. */
function RunnerMarks() {
  const state = runner.value;
  if (state === null) return null;
  return html`
    ${state.demo && html`<span class="badge warn">Demo, played by a script</span>`}
    ${state.sandbox === "off" && !state.demo && html`
      <span class="badge bad"
        title="Agents run without a sandbox: they can read and write whatever the server's user can">Unsandboxed</span>
    `}
    ${state.waits !== "" && html`<span class="badge warn" title=${state.waits}>Nothing is claimed</span>`}
    ${state.error !== "" && html`<span class="badge bad" title=${state.error}>Runner in trouble</span>`}
    ${state.sandbox !== "off" && state.warnings.length > 0 &&
      html`<span class="badge warn" title=${state.warnings.join("\n")}>Check the set-up</span>`}
  `;
}

const CONNECTION_WORDS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

function Connection() {
  const state = connection.value;
  return html`
    <span class=${`pill net-${state}`} role="status">
      <span class="pill-dot" aria-hidden="true"></span>${CONNECTION_WORDS[state]}
      ${state === "offline" && html`
        <button type="button" class="icon-button small" aria-label="Try to connect now" onClick=${retryNow}>
          <${Icon} name="retry" />
        </button>
      `}
    </span>
  `;
}

/** Says what the page is worth while the server is away; the connection comes back by itself. */
export function Away() {
  if (connection.value !== "offline" || boot.value.state !== "ready") return null;
  const since = new Date(last_live.value).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return html`
    <div class="away" role="status">
      <p>The server is away. You see the board as it was at ${since}; it goes on by itself when the server is back.</p>
      <button type="button" class="button" onClick=${retryNow}><${Icon} name="retry" />Try now</button>
    </div>
  `;
}
