// @ts-check
/** The buttons that fit the status of the open issue. */

import { html } from "htm/preact";
import { moveIssue } from "./actions.js";
import { draftOf } from "./drafts.js";
import { reviewText, setNotes, writtenNotes } from "./review.js";
import { announcement } from "./store.js";
import { sendComment, stopIssue } from "./write.js";

/** @import { Issue, Status } from "../../src/domain/issue.ts" */

/** @param {{ issue: Issue, status: Status }} props */
export function Actions({ issue, status }) {
  /** @param {Status} to @param {string} word @param {boolean} [main] */
  const move = (to, word, main = false) =>
    html`<button type="button" class=${`button ${main ? "primary" : ""}`} key=${word} onClick=${() =>
      moveIssue(issue, to)}>${word}</button>`;
  switch (status) {
    case "backlog":
      return html`<div class="actions">
        ${issue.human_only ? null : move("ready", "Hand to agents", true)} ${
        move("done", "Close as done")
      }</div>`;
    case "ready":
      return html`<div class="actions">${move("backlog", "Take back")}</div>`;
    case "in_progress":
      return html`<div class="actions">
        <button type="button" class="button danger" onClick=${() => stopIssue(issue)}>Stop</button>
        <span class="hint">A comment reaches the agent at its next step.</span></div>`;
    case "blocked":
      return html`<div class="actions">${move("ready", "Try again")} ${move("backlog", "To backlog")}</div>`;
    case "in_review":
      return html`<div class="actions">
        ${move("done", "Accept", true)}
        <button type="button" class="button" onClick=${() =>
        askForChanges(issue)}>Ask for changes</button></div>`;
    case "done":
      return html`<div class="actions">${move("backlog", "Reopen")} ${
        move("ready", "Hand to agents again")
      }</div>`;
  }
}

/**
 * Sends what stands in the reply box and the comments on lines, and hands the issue back; without any it asks for it
 * first.
 *
 * @param {Issue} issue
 */
async function askForChanges(issue) {
  const draft = draftOf(issue.id);
  const text = [draft.value.trim(), reviewText(writtenNotes(issue.id))].filter(Boolean).join("\n\n---\n\n");
  if (text === "") {
    document.getElementById("tab-thread")?.click();
    setTimeout(() => document.getElementById("reply")?.focus());
    announcement.value = "Write what should change, then ask for changes again";
    return;
  }
  if (!await sendComment(issue, text, "ready")) return;
  draft.value = "";
  setNotes(issue.id, []);
}
