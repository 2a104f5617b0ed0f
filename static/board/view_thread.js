// @ts-check
/** The thread of an issue: what was asked, said and answered, and the box to go on. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { draftOf } from "./drafts.js";
import { useFollowEnd } from "./follow.js";
import { takesFiles } from "./files.js";
import { Markdown } from "./markdown.js";
import { panelPlace, placeAddress, setPanelPlace } from "./panel_place.js";
import { Attachments } from "./view_attachments.js";
import { FileButton } from "./view_form.js";
import { Ago } from "./view_time.js";
import { fullTime } from "./words.js";

/** @import { Comment } from "../../src/domain/comment.ts" */
/** @import { Issue, Status } from "../../src/domain/issue.ts" */
/** @import { IssueDetail } from "./api.js" */
import { attachFiles, sendComment } from "./write.js";

/** What the box is for, by status. @param {Status} status */
function boxWords(status) {
  if (status === "blocked") {
    return { label: "Answer", hint: "Your answer sends the issue back to the agents." };
  }
  if (status === "in_review") {
    return { label: "Reply", hint: "A reply alone changes nothing: ask for changes to hand it back." };
  }
  return { label: "Comment", hint: "" };
}

/** @param {{ value: IssueDetail, status: Status }} props */
export function Thread({ value, status }) {
  const { issue, comments, attachments } = value;
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const asked = status === "blocked"
    ? comments.findLast((comment) => comment.author_kind !== "human")
    : undefined;
  // A thread opens at its end, where the question or the result stands; a fresh issue at its text.
  const { comment: linked } = panelPlace.value;
  useFollowEnd(list, comments.length > 0 && linked === "");
  useEffect(() => {
    const entry = document.getElementById(`comment-${linked}`);
    // A long one is read from its beginning.
    entry?.scrollIntoView({ block: entry.clientHeight > innerHeight / 3 ? "start" : "center" });
  }, [linked]);
  const drops = takesFiles((files) => attachFiles(issue, files));

  return html`
    <div class="thread" ref=${list} onDragOver=${drops.onDragOver} onDrop=${drops.onDrop}>
      <article class="entry by-human first">
        <header><b>${issue.created_by ||
          "Somebody"}</b><span class="muted">filed this</span><${Ago} at=${issue.created_at} /></header>
        ${issue.body === ""
          ? html`<p class="muted">No description.</p>`
          : html`<${Markdown} text=${issue.body} />`}
      </article>
      <${Attachments} files=${attachments} />
      ${comments.map((comment) =>
        html`<${Entry} key=${comment.id} comment=${comment} question=${comment === asked} linked=${
          comment.id === linked
        } />`
      )}
      ${issue.result !== "" && (status === "in_review" || status === "done") && html`
        <section class="result" aria-label="Result">
          <h3>Result</h3>
          <${Markdown} text=${issue.result} />
        </section>
      `}
    </div>
    <${Composer} key=${issue.id} issue=${issue} status=${status} />
  `;
}

/** @type {Record<Comment["author_kind"], string>} */
const VOICES = { human: "", agent: "Agent", system: "" };

/** @param {{ comment: Comment, question: boolean, linked: boolean }} props */
function Entry({ comment, question, linked }) {
  const { author_kind, author } = comment;
  return html`
    <article class=${`entry by-${author_kind} ${question ? "question" : ""} ${linked ? "linked" : ""}`}
      id=${`comment-${comment.id}`}>
      <header>
        <b>${author || "Somebody"}</b>
        ${VOICES[author_kind] !== "" &&
          html`<span class="voice">${
            question && author_kind === "agent" ? "Question" : VOICES[author_kind]
          }</span>`}
        ${comment.trust === "external" && html`<span class="badge warn">External</span>`}
        <a class="entry-link" title="Link to this comment"
          href=${placeAddress({ ...panelPlace.value, comment: comment.id }).href} onClick=${(
            /** @type {MouseEvent} */ event,
          ) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            setPanelPlace({ comment: comment.id });
          }}><${Ago} at=${comment.created_at} /></a>
        ${author_kind === "human" && comment.delivered_at !== "" &&
          html`<span class="muted seen" title=${fullTime(comment.delivered_at)}>Seen by the agent</span>`}
      </header>
      <${Markdown} text=${comment.body} />
    </article>
  `;
}

/** @param {{ issue: Issue, status: Status }} props */
function Composer({ issue, status }) {
  const draft = draftOf(issue.id);
  const sending = useSignal(false);
  const words = boxWords(status);
  const attaching = useSignal(false);
  const takes = takesFiles(attach);

  /** The files are there at once; the text says where they belong. @param {readonly File[]} files */
  async function attach(files) {
    attaching.value = true;
    const taken = await attachFiles(issue, files);
    attaching.value = false;
    const links = taken.map(({ name, url }) => `[${name.replace(/[[\]\\]/g, "")}](${url})`);
    if (links.length > 0) {
      draft.value = [draft.value.trimEnd(), ...links].filter((part) => part !== "").join("\n");
    }
  }
  async function send() {
    const text = draft.value.trim();
    if (text === "" || sending.value) return;
    sending.value = true;
    if (await sendComment(issue, text)) draft.value = "";
    sending.value = false;
  }
  return html`
    <form class=${`composer ${status === "blocked" ? "asks" : ""}`} onSubmit=${(
      /** @type {Event} */ event,
    ) => {
      event.preventDefault();
      send();
    }}>
      <label for="reply">${words.label}</label>
      <textarea id="reply" rows="3" value=${draft} onPaste=${takes.onPaste} onDragOver=${takes.onDragOver}
        onDrop=${takes.onDrop} aria-describedby="reply-hint"
        onInput=${(/** @type {InputEvent} */ event) =>
          draft.value = (/** @type {HTMLTextAreaElement} */ (event.currentTarget)).value}></textarea>
      <div class="composer-foot">
        <span class="hint" id="reply-hint">${words.hint} <span class="keys">Ctrl+Enter sends.</span></span>
        <span class="grow"></span>
        <${FileButton} busy=${attaching.value} onFiles=${attach} />
        <button type="submit" class=${`button ${status === "blocked" ? "primary" : ""}`}
          disabled=${sending.value || draft.value.trim() === ""}>${sending.value
            ? "Sending…"
            : "Send"}</button>
      </div>
    </form>
  `;
}
