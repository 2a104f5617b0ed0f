// @ts-check
/** The form for a new issue. What is written stays until it is filed, also over a reload. */

import { effect, signal, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { sizeWords, takesFiles } from "./files.js";
import { Icon } from "./icons.js";
import { recall, remember } from "./keep.js";
import { creating, toast } from "./store.js";
import { Choice, Dialog, FileButton, TextField } from "./view_form.js";
import { KIND_WORDS, PRIORITY_WORDS } from "./words.js";

/** @import { Kind, Priority } from "../../src/domain/issue.ts" */
/** @import { IssueDraft } from "./api.js" */
/** @import { ListItem } from "./list_paste.js" */
import { createIssues } from "./write.js";

const MAX_TITLE = 300;

/** @typedef {{ title: string, body: string, kind: Kind, priority: Priority, ready: boolean }} Draft */

/** @type {Draft} */
const EMPTY = { title: "", body: "", kind: "feature", priority: "normal", ready: false };

/** @type {import("@preact/signals").Signal<Draft>} */
const draft = signal({ ...EMPTY, ...recall("draft.create", {}) });
/** Files wait here until there is an issue; they do not survive a reload. */
const files = signal(/** @type {readonly File[]} */ ([]));

effect(() => {
  const { title, body } = draft.value;
  remember("draft.create", title + body === "" ? null : draft.value);
});

export function CreateDialog() {
  return creating.value ? html`<${Form} />` : null;
}

function Form() {
  const sending = useSignal(false);
  const list = useSignal(/** @type {readonly ListItem[] | null} */ (null));
  const { title, body, kind, priority, ready } = draft.value;
  const kept = title + body !== "" || files.value.length > 0;
  const drops = takesFiles(takeFiles);

  /** @param {Partial<Draft>} patch */
  const set = (patch) => draft.value = { ...draft.value, ...patch };
  /** @param {readonly File[]} more */
  function takeFiles(more) {
    files.value = [...files.value, ...more];
  }
  /** A list in the title is one whatever it looks like: a title has one line. @param {string} text @param {boolean} plain */
  async function onPasteText(text, plain) {
    if (!text.trim().includes("\n")) return;
    try {
      const { itemsIn } = await import("./list_paste.js");
      list.value = itemsIn(text, plain);
    } catch {
      toast("A part of the page could not be loaded: the list stays one text.", "bad");
    }
  }
  function discard() {
    draft.value = EMPTY;
    files.value = [];
    list.value = null;
  }
  /** @param {readonly ListItem[]} items */
  async function file(items) {
    if (sending.value || items.length === 0) return;
    sending.value = true;
    /** @type {readonly IssueDraft[]} */
    const wanted = items.map((item) => ({ ...item, kind, priority, status: ready ? "ready" : "backlog" }));
    const made = await createIssues(wanted, files.value);
    sending.value = false;
    if (made < wanted.length) {
      // What was filed is not filed twice.
      if (made > 0) list.value = items.slice(made);
      return;
    }
    discard();
    creating.value = false;
  }

  return html`
    <${Dialog} id="create-title" title="New issue" class="wide" fields onClose=${() =>
      creating.value = false}>
      <form class="create" onDragOver=${drops.onDragOver} onDrop=${drops.onDrop}
        onSubmit=${(/** @type {Event} */ event) => {
          event.preventDefault();
          if (title.trim() !== "") file([{ title: title.trim(), body }]);
        }}>
        <label class="field"><span>Title</span>
          <input name="title" required maxlength=${MAX_TITLE} autocomplete="off" autofocus value=${title}
            placeholder="What should be different?"
            onInput=${(/** @type {InputEvent} */ event) =>
              set({ title: (/** @type {HTMLInputElement} */ (event.currentTarget)).value })}
            onPaste=${(/** @type {ClipboardEvent} */ event) => {
              drops.onPaste(event);
              onPasteText(event.clipboardData?.getData("text/plain") ?? "", true);
            }} />
        </label>
        <${TextField} id="create-body" label="Description" rows="6" value=${body} onFiles=${takeFiles}
          onText=${(/** @type {string} */ text) => set({ body: text })}
          onPasteText=${(/** @type {string} */ text) => onPasteText(text, false)}
          placeholder="What is wrong or wanted, where, and how one sees that it is done. Markdown works." />
        ${list.value !== null &&
          html`<${ListOffer} items=${list.value} onFile=${file} onKeep=${() => list.value = null} />`}
        ${files.value.length > 0 && html`
          <ul class="chips" aria-label="Files">${files.value.map((one) =>
            html`
              <li key=${one}><button type="button" class="chip" onClick=${() =>
                files.value = files.value.filter((other) => other !== one)}><${Icon}
                  name="clip" /><span class="sr">Leave out</span><span class="clip">${one
                    .name}</span><span class="num">${sizeWords(
                      one.size,
                    )}</span><${Icon}
                  name="close" /></button></li>
            `
          )}</ul>
        `}
        <div class="row">
          <${Choice} label="Kind" name="kind" words=${KIND_WORDS} value=${kind} onChoice=${(
            /** @type {Kind} */ value,
          ) => set({ kind: value })} />
          <${Choice} label="Priority" name="priority" words=${PRIORITY_WORDS} value=${priority} onChoice=${(
            /** @type {Priority} */ value,
          ) => set({ priority: value })} />
        </div>
        <div class="dialog-foot">
          <label class="switch"><input type="checkbox" name="ready" role="switch" checked=${ready}
            onChange=${(/** @type {Event} */ event) =>
              set({ ready: (/** @type {HTMLInputElement} */ (event.currentTarget)).checked })} />
            <span class="track" aria-hidden="true"></span><span>Hand to agents now</span></label>
          <span class="grow"></span>
          ${kept && html`<button type="button" class="button quiet" onClick=${discard}>Discard</button>`}
          <${FileButton} onFiles=${takeFiles} />
          <button type="submit" class="button primary" disabled=${sending.value}>${sending.value
            ? "Creating…"
            : "Create"}</button>
        </div>
      </form>
      <//>
  `;
}

/** @param {{ items: readonly ListItem[], onFile: (items: readonly ListItem[]) => void, onKeep: () => void }} props */
function ListOffer({ items, onFile, onKeep }) {
  return html`
    <section class="list-offer" aria-label="A list" role="status">
      <p>What you pasted is a list of ${items.length}: from “${items[0].title}” to “${items[items.length - 1]
        .title}”.</p>
      <div class="actions">
        <button type="button" class="button" onClick=${() => onFile(items)}>File ${items
          .length} issues</button>
        <button type="button" class="button quiet" onClick=${onKeep}>Keep one</button>
      </div>
    </section>
  `;
}
