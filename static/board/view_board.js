// @ts-check
/** The six columns. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { attempt, moveIssue } from "./actions.js";
import { wantsFocus } from "./focus.js";
import { filter, filtering, shownColumns } from "./filter.js";
import { Icon, StatusIcon } from "./icons.js";
import { loadMore, retryNow } from "./live.js";
import { agents, boot, creating, more, pending } from "./store.js";
import { Card, draggedCard } from "./view_card.js";
import { EMPTY_WORDS, STATUS_WORDS, STATUSES } from "./words.js";

/** @import { Card as CardData } from "./reduce.js" */
/** @import { Status } from "../../src/domain/issue.ts" */

/** Cards that a column draws at first, and on top of them whenever the reader comes near the last one. */
const WINDOW = 40;
/** How near, in pixels. */
const AHEAD_PX = 1200;

export function Board() {
  const state = boot.value;
  if (state.state === "failed") {
    return html`
      <main class="notice" role="alert">
        <h2>The board could not be loaded</h2>
        <p>${state.reason} The board comes by itself when the server is back.</p>
        <button type="button" class="button primary"
          onClick=${retryNow}><${Icon} name="retry" />Try again</button>
      </main>
    `;
  }
  return html`
    <main class="board" aria-busy=${state.state === "loading"} data-live=${state.state === "ready"}>
      ${STATUSES.filter(isShown).map((status) =>
        html`<${Column} key=${status} status=${status} loading=${state.state === "loading"} />`
      )}
    </main>
  `;
}

/** @param {Status} status */
const isShown = (status) => filter.value.status.length === 0 || filter.value.status.includes(status);

/** @param {{ status: Status, loading: boolean }} props */
function Column({ status, loading }) {
  const cards = shownColumns.value[status];
  const next = more.value[status];
  const shown = useSignal(WINDOW);
  // A card that was moved by keyboard keeps the focus, so it is drawn wherever it lands.
  const count = Math.max(shown.value, 1 + cards.findIndex((card) => wantsFocus(card.id)));
  const end = useRef(/** @type {HTMLElement | null} */ (null));
  const over = useSignal(false);
  const title = `column-${status}`;

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

  /** @param {DragEvent} event */
  function onDragOver(event) {
    if (draggedCard() === null) return;
    event.preventDefault();
    over.value = true;
  }
  /** @param {DragEvent} event */
  function onDragLeave(event) {
    const into = event.relatedTarget;
    if (!(into instanceof Node) || !(/** @type {Node} */ (event.currentTarget)).contains(into)) {
      over.value = false;
    }
  }
  /** @param {DragEvent} event */
  function onDrop(event) {
    over.value = false;
    const card = draggedCard();
    if (card === null) return;
    event.preventDefault();
    moveIssue(card, status);
  }
  useEffect(() => {
    const element = end.current;
    if (element === null || cards.length <= shown.value) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) shown.value += WINDOW;
    }, { root: element.closest(".column"), rootMargin: `${AHEAD_PX}px 0px` });
    observer.observe(element);
    return () => observer.disconnect();
  }, [shown.value, cards.length]);

  return html`
    <section class=${`column c-${status} ${
      over.value ? "drop" : ""
    }`} aria-labelledby=${title} onDragOver=${onDragOver}
      onDragLeave=${onDragLeave} onDrop=${onDrop}>
      <header class="column-head">
        <${StatusIcon} status=${status} />
        <h2 id=${title}>${STATUS_WORDS[status]} <span class="count">${loading
          ? ""
          : `${cards.length}${next === null ? "" : "+"}`}</span></h2>
        ${status === "backlog" && html`
          <button type="button" class="icon-button" aria-label="File an issue" title="New issue (C)"
            onClick=${() => creating.value = true}><${Icon} name="plus" /></button>
        `}
      </header>
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
        <button type="button" class="button quiet wide" onClick=${() =>
          attempt("No more issues", () => loadMore(status))}>Show more</button>
      `}
    </section>
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
