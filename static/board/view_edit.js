// @ts-check
/** The form that changes an issue. What was read decides: who was slower hears of it, and loses no text. */

import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { api, ApiError } from "./api.js";
import { editing } from "./edit.js";
import { toCard } from "./reduce.js";
import { takeCards, toast } from "./store.js";
import { Choice, Dialog, TextField } from "./view_form.js";
import { KIND_WORDS, PRIORITY_WORDS } from "./words.js";

/** @import { Issue } from "../../src/domain/issue.ts" */

/** @typedef {Pick<Issue, "title" | "body" | "kind" | "priority" | "assignee" | "human_only">} Fields */

const MAX_TITLE = 300;
const MAX_NAME = 120;

/** Changes that were not saved, and to what, by issue: closing the form does not lose them. */
/** @type {Map<string, { base: Issue, fields: Fields }>} */
const unsaved = new Map();

export function Edit() {
  return editing.value === null ? null : html`<${Form} key=${editing.value.id} issue=${editing.value} />`;
}

/** @param {Issue} issue @returns {Fields} */
const fieldsOf = ({ title, body, kind, priority, assignee, human_only }) => ({
  title,
  body,
  kind,
  priority,
  assignee,
  human_only,
});

/** @param {{ issue: Issue }} props */
function Form({ issue }) {
  /** What the changes are made to. */
  const base = useSignal(unsaved.get(issue.id)?.base ?? issue);
  const fields = useSignal(unsaved.get(issue.id)?.fields ?? fieldsOf(issue));
  /** The issue as somebody else has changed it meanwhile. */
  const theirs = useSignal(/** @type {Issue | null} */ (null));
  const problem = useSignal("");
  const saving = useSignal(false);
  const changes = useComputed(() => {
    const now = fieldsOf(base.value);
    return /** @type {Partial<Fields>} */ (Object.fromEntries(
      Object.entries(fields.value).filter(([name, value]) =>
        value !== now[/** @type {keyof Fields} */ (name)]
      ),
    ));
  });

  /** @param {Partial<Fields>} patch */
  function set(patch) {
    fields.value = { ...fields.value, ...patch };
    unsaved.set(issue.id, { base: base.value, fields: fields.value });
  }
  function close() {
    if (Object.keys(changes.value).length === 0) unsaved.delete(issue.id);
    editing.value = null;
  }
  /** @param {Event} event */
  function onSubmit(event) {
    event.preventDefault();
    save(base.value.version);
  }
  /** @param {number} version */
  async function save(version) {
    if (saving.value || fields.value.title.trim() === "") return;
    if (Object.keys(changes.value).length === 0) return close();
    saving.value = true;
    problem.value = "";
    try {
      const saved = await api.edit(issue.id, version, changes.value);
      takeCards([toCard(saved)]);
      unsaved.delete(issue.id);
      editing.value = null;
      toast(`#${issue.number} is saved`, "good");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 412) await showTheirs();
      else problem.value = error.message;
    }
    saving.value = false;
  }
  async function showTheirs() {
    try {
      theirs.value = (await api.issue(issue.id)).issue;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error.message;
    }
  }
  function takeTheirs() {
    if (theirs.value === null) return;
    base.value = theirs.value;
    fields.value = fieldsOf(theirs.value);
    unsaved.delete(issue.id);
    theirs.value = null;
  }

  return html`
    <${Dialog} id="edit-title" title=${`Edit #${issue.number}`} class="wide" fields onClose=${close}>
      <form class="edit" onSubmit=${onSubmit}>
        ${theirs.value !== null && html`
          <${Conflict} mine=${fields.value} base=${base.value} theirs=${theirs.value} onTheirs=${takeTheirs}
            onMine=${() => save(/** @type {Issue} */ (theirs.value).version)} />
        `}
        ${problem.value !== "" && html`<p class="entry-error" role="alert">Not saved: ${problem.value}</p>`}
        <label class="field"><span>Title</span>
          <input required autofocus maxlength=${MAX_TITLE} autocomplete="off" value=${fields.value.title}
            onInput=${(/** @type {InputEvent} */ event) => set({ title: valueOf(event) })} />
        </label>
        <${TextField} id="edit-body" label="Description" rows="8" value=${fields.value.body}
          onText=${(/** @type {string} */ body) => set({ body })} />
        <div class="row">
          <${Choice} label="Kind" words=${KIND_WORDS} value=${fields.value.kind}
            onChoice=${(/** @type {Issue["kind"]} */ kind) => set({ kind })} />
          <${Choice} label="Priority" words=${PRIORITY_WORDS} value=${fields.value.priority}
            onChoice=${(/** @type {Issue["priority"]} */ priority) => set({ priority })} />
        </div>
        <label class="field"><span>Assignee</span>
          <input maxlength=${MAX_NAME} autocomplete="off" value=${fields.value.assignee}
            onInput=${(/** @type {InputEvent} */ event) => set({ assignee: valueOf(event) })} />
        </label>
        <div class="dialog-foot">
          <label class="switch"><input type="checkbox" role="switch" checked=${fields.value.human_only}
            onChange=${(/** @type {Event} */ event) =>
              set({ human_only: (/** @type {HTMLInputElement} */ (event.currentTarget)).checked })} />
            <span class="track" aria-hidden="true"></span><span>Humans only: no agent takes it</span></label>
          <button type="submit" class="button primary" disabled=${saving.value}>${saving.value
            ? "Saving…"
            : "Save"}</button>
        </div>
      </form>
      <//>
  `;
}

/** @param {InputEvent} event */
const valueOf = (event) => (/** @type {HTMLInputElement} */ (event.currentTarget)).value;

/** @type {Readonly<Record<keyof Fields, string>>} */
const NAMES = {
  title: "title",
  body: "description",
  kind: "kind",
  priority: "priority",
  assignee: "assignee",
  human_only: "who may take it",
};

/** @param {{ mine: Fields, base: Issue, theirs: Issue, onMine: () => void, onTheirs: () => void }} props */
function Conflict({ mine, base, theirs, onMine, onTheirs }) {
  const names = /** @type {(keyof Fields)[]} */ (Object.keys(NAMES));
  const both = names.filter((name) => theirs[name] !== base[name] && mine[name] !== base[name]);
  const told = both.length === 0
    ? "Nothing that you changed was touched: saving keeps both."
    : `Saving replaces their ${both.map((name) => NAMES[name]).join(", ")}.`;
  return html`
    <div class="conflict" role="alert">
      <p><b>This issue was changed while you wrote.</b> Your text is kept. ${told}</p>
      ${both.includes("title") && html`<p>Their title: ${theirs.title}</p>`}
      ${both.includes("body") && html`
        <details>
          <summary>Their description</summary>
          <pre>${theirs.body}</pre>
        </details>
      `}
      <div class="actions">
        <button type="button" class="button" onClick=${onMine}>Save mine</button>
        <button type="button" class="button quiet" onClick=${onTheirs}>Take theirs</button>
      </div>
    </div>
  `;
}
