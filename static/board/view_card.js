// @ts-check
/** A card on the board. */

import { useComputed } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { safeHref } from "./clean.js";
import { openIssue } from "./detail.js";
import { cancelDrag, startDrag } from "./drag.js";
import { wantsFocus } from "./focus.js";
import { Icon, PriorityIcon } from "./icons.js";
import { needOf } from "./reduce.js";
import { activityOf, now, openAnswer, openRef } from "./store.js";
import { openMenu } from "./view_menu.js";
import { Ago, Elapsed } from "./view_time.js";
import { cost, fullTime, KIND_WORDS, needWords, PRIORITY_WORDS } from "./words.js";

/** @import { Card as CardData } from "./reduce.js" */

/** @param {{ card: CardData, moving: boolean }} props */
export function Card({ card, moving }) {
  const link = useRef(/** @type {HTMLAnchorElement | null} */ (null));
  const activity = activityOf(card.id).value;
  const working = card.status === "in_progress";
  const isOpen = useComputed(() => openRef.value === card.id || openRef.value === String(card.number));
  useLayoutEffect(() => {
    if (wantsFocus(card.id)) link.current?.focus();
  }, []);

  /** @param {MouseEvent} event */
  function onClick(event) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    openIssue(card.id);
  }
  /** @param {DragEvent} event */
  function onDragStart(event) {
    startDrag(card);
    if (event.dataTransfer === null) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", `#${card.number} ${card.title}`);
  }

  return html`
    <li class=${`card ${moving ? "moving" : ""} ${isOpen.value ? "open" : ""}`} data-issue=${card
      .id} draggable="true"
      onDragStart=${onDragStart} onDragEnd=${cancelDrag}>
      <div class="card-top">
        <span class="card-number">#${card.number}</span>
        <span class="priority" title=${`Priority: ${PRIORITY_WORDS[card.priority]}`}>
          <${PriorityIcon} priority=${card
            .priority} /><span class="sr">${PRIORITY_WORDS[card.priority]} priority</span>
        </span>
        <span class=${`kind k-${card.kind}`}>${KIND_WORDS[card.kind]}</span>
        <button type="button" class="icon-button card-menu" aria-haspopup="menu" aria-label=${`Move #${card.number}`}
          onClick=${(/** @type {MouseEvent} */ event) =>
            openMenu(card, /** @type {HTMLElement} */ (event.currentTarget))}>
          <${Icon} name="more" />
        </button>
      </div>
      <a class="card-title" ref=${link} href=${`?issue=${card.id}`} draggable="false" onClick=${onClick}>${card
        .title}</a>
      ${working && html`
        <p
          class="live-line"><span class="pulse" aria-hidden="true"></span><span class="live-text">${activity
            ?.text || (moving ? "Stopping…" : "Working…")}</span></p>
      `}
      <${Facts} card=${card} working=${working} spent=${card.cost_usd + (activity?.cost_usd ?? 0)} />
      ${needOf(card) === "question" && html`
        <button type="button" class="button card-answer" aria-haspopup="dialog"
          onClick=${(/** @type {MouseEvent} */ event) =>
            openAnswer(card, /** @type {HTMLElement} */ (event.currentTarget))}>Answer</button>
      `}
    </li>
  `;
}

/** @param {{ card: CardData, working: boolean, spent: number }} props */
function Facts({ card, working, spent }) {
  const need = needOf(card);
  const parked = card.status === "ready" && card.not_before !== "" && Date.parse(card.not_before) > now.value;
  return html`
    <div class="facts">
      ${card.claimed_by !== "" && html`<span class="agent" title="Agent">${card.claimed_by}</span>`}
      ${card.claimed_by === "" && card.assignee !== "" &&
        html`<span class="agent" title="Assignee">${card.assignee}</span>`}
      ${working ? html`<${Elapsed} since=${card.claimed_at} />` : html`<${Ago} at=${card.updated_at} />`}
      ${card.attempts > 1 && html`<span title="Attempts">${card.attempts} attempts</span>`}
      ${spent > 0 && html`<span title="Cost so far" class="num">${cost(spent)}</span>`}
      ${card.human_only &&
        html`<span class="badge" title="No agent takes it"><${Icon} name="person" />Humans only</span>`}
      ${card.trust === "external" &&
        html`<span class="badge warn" title="Written by somebody without a login">External</span>`}
      ${parked && html`<span class="badge warn" title=${`Until ${fullTime(card.not_before)}`}>Waits</span>`}
      ${need === "failed" &&
        html`<span class="badge bad"><${Icon} name="close" />${needWords(card, need)}</span>`}
      <${CodeBadge} card=${card} />
      <${RefusedBadge} card=${card} />
      ${card.checks === "passed" && html`<span class="badge good"><${Icon} name="check" />Checks pass</span>`}
      ${card.checks === "failed" && html`<span class="badge bad"><${Icon} name="close" />Checks fail</span>`}
    </div>
  `;
}

/** Hosts that the last run did not reach. @param {{ card: CardData }} props */
export function RefusedBadge({ card }) {
  const { length } = card.refused_hosts;
  if (length === 0) return null;
  const hosts = card.refused_hosts.join(", ");
  return html`
    <span class="badge warn"
      title=${`Not reached, as far as the transcript tells: ${hosts}`}>Refused: ${length} ${length ===
          1
        ? "host"
        : "hosts"}<span class="sr">: ${hosts}</span></span>
  `;
}

/** The pull request when there is one, else the branch. @param {{ card: CardData }} props */
export function CodeBadge({ card }) {
  if (card.pr_url !== "") {
    const href = safeHref(card.pr_url);
    const number = /\/pull\/(\d+)/.exec(card.pr_url)?.[1];
    const text = number === undefined ? "PR" : `PR ${number}`;
    return href === null ? html`<span class="badge">${card.pr_url}</span>` : html`
      <a class="badge link" href=${href} target="_blank" rel="noopener noreferrer nofollow"
        draggable="false"><${Icon} name="link" />${text}</a>
    `;
  }
  return card.branch === "" ? null : html`
    <span class="badge branch"
      title=${card.branch}><${Icon} name="branch" /><span class="clip">${card.branch.replace(
        /^autopilot\//,
        "",
      )}</span></span>
  `;
}
