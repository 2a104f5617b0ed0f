// @ts-check
/** Comments on lines: their boxes, and the bar that sends them all as one. */

import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { changeNote, dropNote, notesOf, reviewText, setNotes, writtenNotes } from "./review.js";
import { announcement } from "./store.js";
import { sendComment } from "./write.js";

/** @import { Diff } from "../../src/domain/diff.ts" */
/** @import { Issue, Status } from "../../src/domain/issue.ts" */

/**
 * @param {{ issue_id: string, id: string, lost?: boolean }} props `lost`: its line is no longer part of the changes
 */
export function NoteBox({ issue_id, id, lost = false }) {
  const note = useComputed(() => notesOf(issue_id).value.find((one) => one.id === id)).value;
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const editing = note?.editing ?? false;
  // At once: what is typed next belongs in the box.
  useLayoutEffect(() => {
    if (!editing) return;
    area.current?.focus({ preventScroll: true });
    root.current?.scrollIntoView({ block: "nearest" });
  }, [editing]);
  if (note === undefined) return null;
  const where = `${note.side === "old" ? "removed line" : "line"} ${note.line}`;

  /** The focus goes back to the line. @param {() => void} change */
  function leave(change) {
    let row = root.current?.closest("tr")?.previousElementSibling;
    while (row?.classList.contains("note-row")) row = row.previousElementSibling;
    const button = row?.querySelector(note?.side === "old" ? "td.del > button" : "td:not(.del) > button");
    change();
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
  }
  function add() {
    if (note?.text.trim() === "") return;
    leave(() => changeNote(issue_id, id, { editing: false }));
  }
  function cancel() {
    leave(() =>
      note?.text.trim() === "" ? dropNote(issue_id, id) : changeNote(issue_id, id, { editing: false })
    );
  }
  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key === "Escape") {
      event.preventDefault(); // the panel would close
      event.stopPropagation();
      cancel();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      add();
    }
  }

  if (!note.editing) {
    return html`
      <div class="note" ref=${root}>
        ${lost && html`<p class="muted">On ${where}, which is not shown: <code>${note.code}</code></p>`}
        <p class="note-text">${note.text}</p>
        <div class="note-foot"><span class="muted">Not sent yet</span><span class="grow"></span>
          <button type="button" class="button quiet" onClick=${() =>
            changeNote(issue_id, id, { editing: true })}>Edit</button>
          <button type="button" class="button quiet" onClick=${() =>
            leave(() => dropNote(issue_id, id))}>Delete</button>
        </div>
      </div>
    `;
  }
  return html`
    <div class="note editing" ref=${root}>
      <label for=${`note-${id}`}>Comment on ${where}</label>
      <textarea id=${`note-${id}`} ref=${area} rows="3" value=${note.text} onKeyDown=${onKeyDown}
        onInput=${(/** @type {InputEvent} */ event) =>
          changeNote(issue_id, id, {
            text: (/** @type {HTMLTextAreaElement} */ (event.currentTarget)).value,
          })}></textarea>
      <div class="note-foot"><span class="hint keys">Ctrl+Enter adds it.</span><span class="grow"></span>
        <button type="button" class="button quiet" onClick=${cancel}>${note.text.trim() === ""
          ? "Cancel"
          : "Close"}</button>
        <button type="button" class="button" disabled=${note.text.trim() ===
          ""} onClick=${add}>Add comment</button>
      </div>
    </div>
  `;
}

/** @param {{ issue: Issue, status: Status, diff: Diff | null }} props */
export function ReviewBar({ issue, status, diff }) {
  const notes = writtenNotes(issue.id);
  const sending = useSignal(false);
  const asking = useSignal(false);
  const paths = new Set(diff?.files.map((file) => file.path));
  const elsewhere = diff === null ? [] : notes.filter((note) => !paths.has(note.path));
  if (notes.length === 0) return null;
  const asks = status === "in_review";
  const count = `${notes.length} ${notes.length === 1 ? "comment" : "comments"}`;

  async function send() {
    if (sending.value) return;
    sending.value = true;
    if (await sendComment(issue, reviewText(notes), asks ? "ready" : undefined)) {
      setNotes(issue.id, []);
      announcement.value = `${count} sent`;
      // The bar goes, and the focus with it.
      document.getElementById("tab-changes")?.focus();
    }
    sending.value = false;
  }
  function discard() {
    setNotes(issue.id, []);
    asking.value = false;
    announcement.value = "The comments are gone";
    document.getElementById("tab-changes")?.focus();
  }

  return html`
    <section class="review-bar" aria-label="Your comments">
      ${elsewhere.length > 0 && html`
        <details class="elsewhere"><summary>${elsewhere.length} on files that are not shown</summary>
          ${elsewhere.map((note) =>
            html`<div key=${note.id}><code>${note.path}</code><${NoteBox} issue_id=${issue.id} id=${note.id} /></div>`
          )}</details>
      `}
      <div class="review-line">
        <b>${count}</b>
        <span class="hint">${asks ? "They go to the agent as one." : HINTS[status]}</span>
        <span class="grow"></span>
        ${asking.value
          ? html`<button type="button" class="button danger" onClick=${discard}>Really discard</button>`
          : html`<button type="button" class="button quiet" onClick=${() =>
            asking.value = true}>Discard</button>`}
        <button type="button" class="button primary" disabled=${sending.value} onClick=${send}>${sending.value
          ? "Sending…"
          : asks
          ? "Send and ask for changes"
          : "Send"}</button>
      </div>
    </section>
  `;
}

/** What sending does. @type {Readonly<Record<Status, string>>} */
const HINTS = {
  backlog: "They become one comment.",
  ready: "The next agent reads them.",
  in_progress: "They reach the agent at its next step.",
  blocked: "They send the issue back to the agents.",
  in_review: "",
  done: "They become one comment.",
};
