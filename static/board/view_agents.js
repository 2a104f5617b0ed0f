// @ts-check
/** The page of agents: who is alive, what each does, and what came of it. */

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { HOME } from "./api.js";
import { openIssue, openView } from "./detail.js";
import { Icon } from "./icons.js";
import { lazy } from "./lazy.js";
import { loadAgents, retryNow } from "./live.js";
import { stats } from "./stats.js";
import { activityOf, agents, boot, cards, now, runner } from "./store.js";
import { Ago, Elapsed } from "./view_time.js";
import { cost } from "./words.js";

/** @import { Agent } from "../../src/domain/agent.ts" */
/** @import { RunnerState } from "./api.js" */

const charts = lazy(async () => (await import("./view_charts.js")).Charts);

/** As the server has it: an agent is stale after so long without a sign of life. */
const STALE_AFTER_MS = 90_000;
/** For the way of the answer. */
const GRACE_MS = 2000;
/** Agents that have been away for longer are folded. */
const AWAY_MS = 86_400_000;

const WORDS = { working: "Working", idle: "Idle", stale: "No sign of life" };
const ORDER = ["working", "stale", "idle"];

export function AgentsPage() {
  const title = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => title.current?.focus(), []);
  useDeadlines();
  const list = agents.value;
  const failed = list === null && boot.value.state === "failed" ? boot.value.reason : "";
  return html`
    <main class="agents-page" aria-busy=${list === null && failed === ""}>
      <header class="page-head">
        <h2 ref=${title} tabindex="-1">Agents</h2>
        <a class="button quiet" href=${HOME} onClick=${(/** @type {MouseEvent} */ event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          openView("");
        }}><${Icon} name="back" />Board</a>
      </header>
      ${failed !== "" && html`
        <div class="notice" role="alert">
          <h2>The agents could not be loaded</h2>
          <p>${failed} They come by themselves when the server is back.</p>
          <button type="button" class="button primary" onClick=${retryNow}>Try again</button>
        </div>
      `}
      ${list !== null && html`
        ${(runner.value !== null || list.length > 0) && html`<${Runner} state=${runner.value} />`}
        <${List} list=${list} />
        <${charts.Part} />
      `}
    </main>
  `;
}

/**
 * An agent that dies says nothing. When the time is up in which it had to give a sign of life, one look tells whether
 * it did; no more often than it may fall silent.
 */
function useDeadlines() {
  const list = agents.value;
  useEffect(() => {
    const seen = (list ?? []).filter(({ status }) => status !== "stale").map((agent) =>
      Date.parse(agent.last_seen_at)
    );
    if (seen.length === 0) return;
    const rest = Math.min(...seen) + STALE_AFTER_MS + GRACE_MS - Date.now();
    // A server whose clock is behind would be asked without end.
    const timer = setTimeout(loadAgents, Math.max(rest, STALE_AFTER_MS / 3));
    return () => clearTimeout(timer);
  }, [list]);
}

/** @param {{ state: RunnerState | null }} props */
function Runner({ state }) {
  if (state === null) {
    return html`<p class="runner muted">This server runs no agents itself; those below work on other machines.</p>`;
  }
  const { sandbox, concurrency, waits, error, warnings, demo } = state;
  return html`
    <section class="runner" aria-label="Runner of this server">
      <p>
        <span class=${`badge ${demo ? "warn" : sandbox === "off" ? "bad" : "good"}`}>${demo
          ? "Demo, played by a script: nothing is started"
          : sandbox === "off"
          ? "Unsandboxed"
          : "Sandbox: bubblewrap"}</span>
        <span>${concurrency === 1 ? "One agent" : `${concurrency} agents`} at a time</span>
      </p>
      ${error !== "" && html`<p class="runner-line bad"><b>In trouble:</b> ${error}</p>`}
      ${waits !== "" && html`<p class="runner-line warn"><b>Nothing is claimed:</b> ${waits}</p>`}
      ${sandbox === "off" && !demo && html`
        <p
          class="runner-line bad">Agents run without a sandbox: they can read, write and reach over the network whatever the server's user can.</p>
      `}
      ${warnings.length > 0 && html`
        <ul class="runner-line warn">${warnings.map((text) => html`<li key=${text}>${text}</li>`)}</ul>
      `}
    </section>
  `;
}

/** @param {{ list: readonly Agent[] }} props */
function List({ list }) {
  if (list.length === 0) {
    return html`
      <div class="empty">
        <p class="empty-title">No agent has signed in yet</p>
        <p>Start Autopilot in the repository that the agents shall work for, with the runner on:</p>
        <pre tabindex="0"><code>AUTOPILOT_RUNNER=1 autopilot</code></pre>
        <p>Then hand over an issue: move it to Ready, and an agent takes it at once.</p>
      </div>
    `;
  }
  /** @param {Agent} agent */
  const away = (agent) =>
    agent.status === "stale" && agent.run_id === "" && now.value - Date.parse(agent.last_seen_at) > AWAY_MS;
  const sorted = list.toSorted((a, b) =>
    ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || (a.id < b.id ? -1 : 1)
  );
  const [gone, here] = [sorted.filter(away), sorted.filter((agent) => !away(agent))];
  return html`
    <ul class="agent-list" aria-label="Agents">${here.map((agent) =>
      html`<${Row} key=${agent.id} agent=${agent} />`
    )}</ul>
    ${gone.length > 0 && html`
      <details class="agents-gone">
        <summary>${gone.length} not seen for a day</summary>
        <ul class="agent-list" aria-label="Agents not seen for a day">${gone.map((agent) =>
          html`<${Row} key=${agent.id} agent=${agent} />`
        )}</ul>
      </details>
    `}
  `;
}

/** @param {{ agent: Agent }} props */
function Row({ agent }) {
  const { id, status, issue_id, since, last_seen_at } = agent;
  const card = cards.value.get(issue_id);
  const line = issue_id === "" ? null : activityOf(issue_id).value;
  const spent = stats.value.state === "ready"
    ? stats.value.value.agents.find((one) => one.id === id) ?? null
    : null;
  return html`
    <li class=${`agent-row a-${status}`}>
      <div class="agent-who">
        <span class="agents-dot" aria-hidden="true"></span>
        <b class="clip" title=${id}>${id}</b>
        <span class=${`badge ${status === "stale" ? "bad" : ""}`}>${WORDS[status]}</span>
      </div>
      <div class="agent-what">
        ${issue_id !== "" && html`
          <a class="agent-issue clip" href=${`?view=agents&issue=${issue_id}`} onClick=${(
            /** @type {MouseEvent} */ event,
          ) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            openIssue(issue_id);
          }}>${card === undefined ? "Its issue" : `#${card.number} ${card.title}`}</a>
        `}
        ${status === "working" && html`
          <p
            class="live-line"><span class="pulse" aria-hidden="true"></span><span class="live-text">${line
              ?.text || "Working…"}</span></p>
        `}
        ${status === "stale" && html`
          <p class="muted">Last seen <${Ago} at=${last_seen_at} /> ago.${issue_id === ""
            ? ""
            : " Its run is taken over, and nothing of it is lost."}</p>
        `}
        ${status === "idle" && html`<p class="muted">Waits for an issue in Ready.</p>`}
      </div>
      <dl class="agent-facts">
        ${status !== "stale" && html`
          <div>
            <dt>${status === "working" ? "For" : "Idle for"}</dt>
            <dd>
              <${Elapsed} since=${since} />
            </dd>
          </div>
        `}
        ${card !== undefined && card.cost_usd > 0 && html`
          <div>
            <dt>Issue so far</dt>
            <dd class="num">${cost(card.cost_usd)}</dd>
          </div>
        `}
        ${spent !== null && html`
          <div>
            <dt>${stats.value.state === "ready" ? stats.value.value.days : ""} days</dt>
            <dd class="num">${spent.runs} ${spent.runs === 1 ? "run" : "runs"}${spent.cost_usd > 0
              ? `, ${cost(spent.cost_usd)}`
              : ""}</dd>
          </div>
        `}
      </dl>
    </li>
  `;
}
