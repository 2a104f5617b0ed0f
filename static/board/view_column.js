// @ts-check
/** A column: its count, and as many of its cards as somebody looks at. */

import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { attempt } from "./actions.js";
import { dragOver, drop } from "./drag.js";
import { wantsFocus } from "./focus.js";
import { filtering, rest, shownColumns } from "./filter.js";
import { Icon, StatusIcon } from "./icons.js";
import { loadMore } from "./live.js";
import { countOf, refusalOf } from "./reduce.js";
import { agents, cards as all, creating, drag, more, pending, runner, totals } from "./store.js";
import { Card } from "./view_card.js";
import { EMPTY_WORDS, STATUS_WORDS } from "./words.js";

/** @import { Card as CardData } from "./reduce.js" */
/** @import { Status } from "../../src/domain/issue.ts" */

/** Cards that a column draws at first, and on top of them whenever the reader comes near the last one. */
const WINDOW = 40;
/** How near, in pixels. */
const AHEAD_PX = 1200;

/** @param {{ status: Status, loading: boolean }} props */
export function Column({ status, loading }) {
  const cards = shownColumns.value[status];
  // Who filters has asked the server for all of it.
  const next = filtering.value ? null : more.value[status];
  const shown = useSignal(WINDOW);
  // A card that was moved by keyboard keeps the focus, so it is drawn wherever it lands.
  const count = Math.max(shown.value, 1 + cards.findIndex((card) => wantsFocus(card.id)));
  const end = useRef(/** @type {HTMLElement | null} */ (null));
  const title = `column-${status}`;
  const grow = () => attempt("No more issues", () => loadMore(status));

  // A card that did not change is not drawn again: Preact passes over an element that it has seen.
  const before = useRef(
    /** @type {Map<string, { card: CardData, moving: boolean, element: unknown }>} */ (new Map()),
  );
  const known = before.current;
  before.current = new Map();
  const drawn = cards.slice(0, count).map((card) => {
    const moving = pending.value.has(card.id);
    const old = known.get(card.id);
    const same = old !== undefined && old.card === card && old.moving === moving;
    const entry = same
      ? old
      : { card, moving, element: html`<${Card} key=${card.id} card=${card} moving=${moving} />` };
    before.current.set(card.id, entry);
    return entry.element;
  });

  const refusal = useComputed(() => drag.value === null ? null : refusalOf(drag.value.card.status, status));
  const mark = useComputed(() => {
    if (drag.value === null) return "";
    if (refusal.value !== null) return "refuses";
    return drag.value.over === status && drag.value.card.status !== status ? "drop" : "";
  });

  /** @param {DragEvent} event */
  function onDragOver(event) {
    if (drag.peek() === null) return;
    event.preventDefault();
    dragOver(status);
  }
  /** @param {DragEvent} event */
  function onDragLeave(event) {
    const into = event.relatedTarget;
    if (!(into instanceof Node) || !(/** @type {Node} */ (event.currentTarget)).contains(into)) {
      // Where the pointer went has been told before.
      if (drag.peek()?.over === status) dragOver(null);
    }
  }
  /** @param {DragEvent} event */
  function onDrop(event) {
    if (drag.peek() === null) return;
    event.preventDefault();
    dragOver(status);
    drop(event);
  }
  useEffect(() => {
    const element = end.current;
    const drawn_all = cards.length <= shown.value;
    if (element === null || (drawn_all && next === null)) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      if (drawn_all) grow();
      else shown.value += WINDOW;
    }, { root: element.closest(".column"), rootMargin: `${AHEAD_PX}px 0px` });
    observer.observe(element);
    return () => observer.disconnect();
  }, [shown.value, cards.length, next]);

  return html`
    <section class=${`column c-${status} ${mark.value}`} aria-labelledby=${title} data-status=${status}
      onDragEnter=${onDragOver} onDragOver=${onDragOver} onDragLeave=${onDragLeave} onDrop=${onDrop}>
      <header class="column-head">
        <${StatusIcon} status=${status} />
        <h2 id=${title}>${STATUS_WORDS[status]} <span class="count">${loading
          ? ""
          : countWords(status)}</span>${status === "in_progress" && html`
          <${Limit} />
        `}</h2>
        ${status === "backlog" && html`
          <button type="button" class="icon-button" aria-label="File an issue" title="New issue (C)"
            onClick=${() => creating.value = true}><${Icon} name="plus" /></button>
        `}
      </header>
      ${refusal.value !== null && html`<p class="refusal">${refusal.value}.</p>`}
      <ul class="cards" aria-labelledby=${title}>
        ${loading &&
          [0, 1, 2].slice(0, 1 + status.length % 3).map((i) =>
            html`<li class="card ghost" key=${i} aria-hidden="true"></li>`
          )}
        ${drawn}
      </ul>
      ${!loading && !filtering.value && cards.length === 0 && html`<${Empty} status=${status} />`}
      <div ref=${end}></div>
      ${next !== null && html`
        <button type="button" class="button quiet wide" onClick=${grow}>Show more</button>
      `}
    </section>
  `;
}

/** @param {Status} status */
function countWords(status) {
  const { length } = shownColumns.value[status];
  if (filtering.value) return rest.value === null ? length : `${length}+`;
  if (more.value[status] === null) return length;
  if (totals.value === null) return `${length}+`;
  return countOf(status, totals.value, all.value, pending.value);
}

/** How many agents can work at a time, beside how many do. */
function Limit() {
  const alive = agents.value?.filter(({ status }) => status !== "stale").length ?? 0;
  const most = Math.max(runner.value?.concurrency ?? 0, alive);
  if (most === 0 || filtering.value) return null;
  const now = shownColumns.value.in_progress.length;
  return html`
    <span class=${`limit ${now > most ? "over" : ""}`} title=${now > most
      ? "More issues are in progress than agents can work on: some have lost theirs"
      : `At most ${most} at a time`}>${now > most ? "over " : "of "}${most}</span>
  `;
}

/** @param {{ status: Status }} props */
function Empty({ status }) {
  const [title, text] = EMPTY_WORDS[status];
  return html`
    <div class="empty">
      <p class="empty-title">${title}</p>
      <p>${text}</p>
      ${status === "in_progress" && agents.value?.length === 0 &&
        html`<p>None has signed in yet: start Autopilot with <code>AUTOPILOT_RUNNER=1</code>.</p>`}
      ${status === "backlog" && html`
        <button type="button" class="button" onClick=${() =>
          creating.value = true}><${Icon} name="plus" />New issue</button>
      `}
    </div>
  `;
}
