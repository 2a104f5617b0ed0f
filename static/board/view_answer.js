// @ts-check
/** The box that answers a question without opening the issue. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { api, ApiError } from "./api.js";
import { openIssue } from "./detail.js";
import { draftOf } from "./drafts.js";
import { Icon } from "./icons.js";
import { Markdown } from "./markdown.js";
import { useFloating } from "./place.js";
import { answering } from "./store.js";

/** @import { Card } from "./reduce.js" */
import { sendComment } from "./write.js";

export function Answer() {
  const open = answering.value;
  return open === null ? null : html`<${Box} key=${open.card.id} ...${open} />`;
}

/** @param {{ card: Card, anchor: HTMLElement }} props */
function Box({ card, anchor }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const question = useSignal("");
  const problem = useSignal("");
  const sending = useSignal(false);
  const draft = draftOf(card.id);
  useFloating(box, anchor, () => answering.value = null);
  useEffect(() => {
    box.current?.querySelector("textarea")?.focus();
    load();
  }, []);

  async function load() {
    try {
      const { issue, comments } = await api.issue(card.id);
      const asked = comments.findLast((comment) => comment.author_kind !== "human");
      question.value = asked?.body || issue.result || issue.body ||
        "It was put here by hand, without a question.";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error.message;
    }
  }

  function close() {
    answering.value = null;
    if (anchor.isConnected) anchor.focus();
  }

  /** @param {Event} event */
  async function onSubmit(event) {
    event.preventDefault();
    const text = draft.value.trim();
    if (text === "" || sending.value) return;
    sending.value = true;
    const sent = await sendComment(card, text);
    sending.value = false;
    if (!sent) return;
    draft.value = "";
    answering.value = null;
    // On to the next thing that waits.
    const next = document.querySelector(".strip-item");
    if (next instanceof HTMLElement) next.focus();
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  }

  return html`
    <section class="float answer" role="dialog" aria-labelledby="answer-title" ref=${box}
      onKeyDown=${onKeyDown}>
      <div class="float-head">
        <h2 id="answer-title"><span class="card-number">#${card.number}</span> ${card.title}</h2>
        <button type="button" class="icon-button small" aria-label="Close" onClick=${close}>
          <${Icon} name="close" />
        </button>
      </div>
      <div class="answer-question">${problem.value !== ""
        ? html`<p role="alert">${problem.value}</p>`
        : question.value === ""
        ? html`<p class="muted">Loading the question…</p>`
        : html`<${Markdown} text=${question.value} />`}</div>
      <form onSubmit=${onSubmit}>
        <label class="sr" for="quick-answer">Answer</label>
        <textarea id="quick-answer" rows="3" placeholder="Your answer sends it back to the agents."
          value=${draft}
          onInput=${(/** @type {InputEvent} */ event) =>
            draft.value = (/** @type {HTMLTextAreaElement} */ (event.currentTarget)).value}></textarea>
        <div class="composer-foot">
          <button type="button" class="button quiet" onClick=${() => {
            answering.value = null;
            openIssue(card.id);
          }}>Open the issue</button>
          <button type="submit" class="button primary" disabled=${sending.value ||
            draft.value.trim() === ""}>${sending.value ? "Sending…" : "Send"}</button>
        </div>
      </form>
    </section>
  `;
}
