// @ts-check
/** The form for a new issue. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { createIssue } from "./actions.js";
import { Icon } from "./icons.js";
import { creating } from "./store.js";
import { KIND_WORDS, PRIORITIES, PRIORITY_WORDS } from "./words.js";

/** @import { Kind, Priority } from "../../src/domain/issue.ts" */

const MAX_TITLE = 300;

export function CreateDialog() {
  return creating.value ? html`<${Form} />` : null;
}

function Form() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const sending = useSignal(false);

  // At once, so that what is typed right after C lands in the title.
  useLayoutEffect(() => {
    const back = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (back instanceof HTMLElement) back.focus();
    };
  }, []);

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    if (sending.value) return;
    const data = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const title = String(data.get("title")).trim();
    if (title === "") return;
    sending.value = true;
    const created = await createIssue({
      title,
      body: String(data.get("body")),
      kind: /** @type {Kind} */ (data.get("kind")),
      priority: /** @type {Priority} */ (data.get("priority")),
      status: data.has("ready") ? "ready" : "backlog",
    });
    sending.value = false;
    if (created) creating.value = false;
  }
  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    (/** @type {HTMLElement} */ (event.currentTarget)).closest("form")?.requestSubmit();
  }

  return html`
    <dialog class="dialog" ref=${dialog} aria-labelledby="create-title" onClose=${() =>
      creating.value = false}>
      <form onSubmit=${onSubmit}>
        <header class="dialog-head">
          <h2 id="create-title">New issue</h2>
          <button type="button" class="icon-button" aria-label="Cancel" onClick=${() =>
            creating.value = false}>
            <${Icon} name="close" />
          </button>
        </header>
        <label class="field"><span>Title</span>
          <input name="title" required maxlength=${MAX_TITLE} autocomplete="off" autofocus
            placeholder="What should be different?" />
        </label>
        <label class="field"><span>Description</span>
          <textarea name="body" rows="6" onKeyDown=${onKeyDown}
            placeholder="What is wrong or wanted, where, and how one sees that it is done. Markdown works."></textarea>
        </label>
        <div class="row">
          <label class="field"><span>Kind</span>
            <span class="select"><select name="kind">${Object.entries(KIND_WORDS).map(([kind, word]) =>
              html`<option value=${kind} key=${kind}>${word}</option>`
            )}</select><${Icon} name="chevron" /></span>
          </label>
          <label class="field"><span>Priority</span>
            <span class="select"><select name="priority">${PRIORITIES.map((priority) =>
              html`<option value=${priority} key=${priority} selected=${priority === "normal"}>${
                PRIORITY_WORDS[priority]
              }</option>`
            )}</select><${Icon} name="chevron" /></span>
          </label>
        </div>
        <footer class="dialog-foot">
          <label class="switch"><input type="checkbox" name="ready" role="switch" />
            <span class="track" aria-hidden="true"></span><span>Hand to agents now</span></label>
          <button type="submit" class="button primary" disabled=${sending.value}>${sending.value
            ? "Creating…"
            : "Create"}</button>
        </footer>
      </form>
    </dialog>
  `;
}
