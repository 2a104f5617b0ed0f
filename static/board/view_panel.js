// @ts-check
/** The panel of the open issue. */

import { useSignalEffect } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { closeIssue, detail, openCard } from "./detail.js";
import { editing, startEdit } from "./edit.js";
import { Icon, PriorityIcon, StatusIcon } from "./icons.js";
import { lazy } from "./lazy.js";
import { followPlace, panelPlace, setPanelPlace, TABS } from "./panel_place.js";
import { openRef, pending } from "./store.js";
import { loadStyle } from "./style_sheet.js";
import { Actions } from "./view_actions.js";
import { CodeBadge, RefusedBadge } from "./view_card.js";
import { openMenu } from "./view_menu.js";
import { Runs } from "./view_runs.js";
import { Thread } from "./view_thread.js";
import { Elapsed } from "./view_time.js";
import { cost, KIND_WORDS, PRIORITY_WORDS, STATUS_WORDS } from "./words.js";

/** @import { IssueDetail } from "./api.js" */
/** @import { Card } from "./reduce.js" */

const transcript = lazy(async () => (await import("./view_transcript.js")).Transcript, ["transcript.css"]);
const changes = lazy(async () => {
  const [{ Changes }] = await Promise.all([import("./view_changes.js"), loadStyle("changes.css")]);
  return Changes;
});
const timeline = lazy(async () => {
  const [{ Timeline }] = await Promise.all([import("./view_timeline.js"), loadStyle("changes.css")]);
  return Timeline;
});

/** Below this width the panel covers the board. */
const COVERS = "(max-width: 760px)";

/** What loads a tab's part ahead. @type {Readonly<Record<string, () => void>>} */
const WANT = { transcript: transcript.want, changes: changes.want, timeline: timeline.want };

const edit = lazy(async () => (await import("./view_edit.js")).Edit);

followPlace();

export function Panel() {
  const ref = openRef.value;
  return ref === "" ? null : html`<${Shell} key="panel" />`;
}

function Shell() {
  const state = detail.value;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  // Taken while drawing: by the time of the effects the heading may have the focus.
  const back = useRef(document.activeElement).current;
  const shown = useRef("");
  if (state.state === "ready") shown.current = state.value.issue.id;

  useEffect(() => {
    const query = matchMedia(COVERS);
    const cover = () => document.querySelector(".under")?.toggleAttribute("inert", query.matches);
    cover();
    query.addEventListener("change", cover);
    return () => {
      query.removeEventListener("change", cover);
      document.querySelector(".under")?.removeAttribute("inert");
      const { activeElement, body } = document;
      // Who went on to another part of the page stays there.
      if (activeElement !== body && !box.current?.contains(activeElement)) return;
      const from = back !== body && back?.isConnected ? back : null;
      const to = from ?? document.querySelector(`[data-issue="${shown.current}"] .card-title`);
      if (to instanceof HTMLElement) to.focus();
    };
  }, []);
  useSignalEffect(() => {
    // The heading gets the focus when another issue opens, so that keys and screen readers go on from there.
    if (openRef.value !== "") box.current?.querySelector("h2")?.focus();
  });

  return html`
    <aside class="panel" ref=${box} aria-labelledby="panel-title">
      ${state.state === "ready"
        ? html`<${Content} key=${state.value.issue.id} value=${state.value} />`
        : html`
          <header class="panel-head">
            <div class="panel-bar"><span class="grow"></span><${Close} /></div>
            <h2 id="panel-title" tabindex="-1">${state.state === "failed"
              ? "This issue can't be shown"
              : "Loading…"}</h2>
          </header>
          ${state.state === "failed" && html`<p class="notice" role="alert">${state.reason}</p>`}
        `}
    </aside>
  `;
}

function Close() {
  return html`
    <button type="button" class="icon-button" aria-label="Close" title="Close (Esc)" onClick=${closeIssue}>
      <${Icon} name="close" />
    </button>
  `;
}

/** @param {{ value: IssueDetail }} props */
function Content({ value }) {
  const card = /** @type {Card} */ (openCard());
  const status = pending.value.get(card.id) ?? card.status;
  const { tab } = panelPlace.value;
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    heading.current?.focus();
    // The panel takes room from the board: its card stays in view.
    document.querySelector(`[data-issue="${card.id}"]`)?.scrollIntoView({
      block: "nearest",
      inline: "nearest",
    });
  }, []);

  // The button that was pressed goes with the status it fitted; the focus must not go with it.
  const pressed = heading.current?.parentElement?.querySelector(".actions")?.contains(document.activeElement);
  useLayoutEffect(() => {
    if (pressed && document.activeElement === document.body) heading.current?.focus();
  }, [status]);

  /** @param {KeyboardEvent} event */
  function onTabKey(event) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0 || event.altKey) return;
    const at = TABS.findIndex(([id]) => id === tab);
    const [next] = TABS[(at + step + TABS.length) % TABS.length];
    setPanelPlace({ tab: next });
    document.getElementById(`tab-${next}`)?.focus();
  }

  return html`
    <header class="panel-head">
      <div class="panel-bar">
        <button type="button" class="status-button" aria-haspopup="menu" aria-label=${`${
          STATUS_WORDS[status]
        }: move to`}
          onClick=${(/** @type {MouseEvent} */ event) =>
            openMenu(card, /** @type {HTMLElement} */ (event.currentTarget))}>
          <${StatusIcon} status=${status} />${STATUS_WORDS[status]}<${Icon} name="chevron" />
        </button>
        <span class="card-number">#${card.number}</span>
        <span class="grow"></span>
        <button type="button" class="icon-button" aria-label="Edit" title="Edit (E)" id="edit-button"
          onPointerEnter=${edit.want} onClick=${() => startEdit(value.issue)}><${Icon} name="edit" /></button>
        <${Close} />
      </div>
      <h2 id="panel-title" tabindex="-1" ref=${heading}>${card.title}</h2>
      <div class="facts">
        <span class="with-icon"><${PriorityIcon} priority=${card
          .priority} />${PRIORITY_WORDS[card.priority]}</span>
        <span class=${`kind k-${card.kind}`}>${KIND_WORDS[card.kind]}</span>
        ${card.claimed_by !== "" && html`<span class="agent">${card.claimed_by}</span>`}
        ${card.status === "in_progress" && html`<${Elapsed} since=${card.claimed_at} />`}
        ${card.cost_usd > 0 && html`<span class="num">${cost(card.cost_usd)}</span>`}
        <${CodeBadge} card=${card} />
        <${RefusedBadge} card=${card} />
        ${card.checks === "passed" &&
          html`<span class="badge good"><${Icon} name="check" />Checks pass</span>`}
        ${card.checks === "failed" &&
          html`<span class="badge bad"><${Icon} name="close" />Checks fail</span>`}
        ${card.trust === "external" &&
          html`<span class="badge warn">External: read it before you hand it off</span>`}
      </div>
      <${Actions} issue=${value.issue} status=${status} />
      <div class="tabs" role="tablist" aria-label="Parts of the issue" onKeyDown=${onTabKey}>
        ${TABS.map(([id, word]) =>
          html`
            <button type="button" role="tab" id=${`tab-${id}`} key=${id} aria-selected=${tab === id}
              aria-controls="tab-body" tabindex=${tab === id ? 0 : -1} onPointerEnter=${WANT[id]}
              onClick=${() => setPanelPlace({ tab: id })}>${word}</button>
          `
        )}
      </div>
    </header>
    ${editing.value?.id === value.issue.id && html`<${edit.Part} />`}
    <div class="panel-body" role="tabpanel" id="tab-body" aria-labelledby=${`tab-${tab}`} tabindex="0">
      ${tab === "thread" && html`<${Thread} value=${value} status=${status} />`}
      ${tab === "transcript" && html`<${transcript.Part} runs=${value.runs} />`}
      ${tab === "changes" && html`<${changes.Part} issue=${value.issue} status=${status} />`}
      ${tab === "timeline" && html`<${timeline.Part} issue_id=${value.issue.id} />`}
      ${tab === "runs" && html`<${Runs} runs=${value.runs} />`}
    </div>
  `;
}
