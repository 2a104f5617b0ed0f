// @ts-check
/** The command palette: everything by a few letters. */

import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { openCard } from "./detail.js";
import { MAX_QUERY } from "./filter.js";
import { Icon, StatusIcon } from "./icons.js";
import { cards, overlay, toast } from "./store.js";
import { STATUS_WORDS } from "./words.js";

/** @import { Hit } from "./commands.js" */

/** Between the last key and the search on the server. */
const PAUSE_MS = 100;

export function Palette() {
  return overlay.value === "palette" ? html`<${Box} />` : null;
}

function Box() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const back = useMemo(() => document.activeElement, []);
  const subject = useMemo(() => {
    const id = back?.closest("[data-issue]")?.getAttribute("data-issue") ?? "";
    return cards.peek().get(id) ?? openCard();
  }, []);
  const q = useSignal("");
  const texts = useSignal(/** @type {ReadonlySet<string>} */ (new Set()));
  const searching = useSignal(false);
  const at = useSignal(0);
  /** Enter was pressed before there was a hit. */
  const eager = useRef(false);
  const commands = useSignal(/** @type {typeof import("./commands.js") | null} */ (null));
  const hits = useComputed(() => commands.value?.hitsFor(q.value, subject, texts.value) ?? []);

  useLayoutEffect(() => {
    dialog.current?.showModal();
    import("./commands.js").then((module) => commands.value = module, () => {
      toast("The palette could not be loaded. Is the server running?", "bad");
      close();
    });
  }, []);
  useEffect(() => {
    const words = q.value.trim();
    const module = commands.value;
    searching.value = words !== "";
    if (words === "" || module === null) return;
    if (eager.current && hits.peek().length > 0) return choose(hits.peek()[0]);
    const timer = setTimeout(async () => {
      const found = await module.searchTexts(words);
      if (q.peek().trim() !== words || overlay.peek() !== "palette") return;
      texts.value = found;
      searching.value = false;
      if (eager.current && hits.peek().length > 0) choose(hits.peek()[0]);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [q.value, commands.value]);
  useEffect(() => {
    document.getElementById(`hit-${at.value}`)?.scrollIntoView({ block: "nearest" });
  }, [at.value]);

  function close() {
    // The dialog tells of its end a moment later: something else may be open by then.
    if (overlay.value !== "palette") return;
    overlay.value = "";
    if (back instanceof HTMLElement && back.isConnected) back.focus();
  }
  /** @param {Hit} hit */
  function choose(hit) {
    close();
    hit.run();
  }
  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    const all = hits.value;
    if (event.key === "ArrowDown") at.value = (at.value + 1) % Math.max(all.length, 1);
    else if (event.key === "ArrowUp") at.value = (at.value + all.length - 1) % Math.max(all.length, 1);
    else if (event.key === "Enter" && !event.isComposing) {
      if (all[at.value] !== undefined) choose(all[at.value]);
      else eager.current = q.value.trim() !== "";
    } else return;
    event.preventDefault();
  }

  return html`
    <dialog class="dialog palette" ref=${dialog} aria-label="Command palette" onClose=${close}
      onPointerDown=${(/** @type {MouseEvent} */ event) => event.target === dialog.current && close()}>
      <div class="palette-head">
        <${Icon} name="search" />
        <input type="text" role="combobox" aria-label="Find an issue or a command" aria-expanded="true"
          aria-controls="palette-list" aria-activedescendant=${hits.value.length > 0
            ? `hit-${at.value}`
            : null}
          autocomplete="off" spellcheck="false" autofocus maxlength=${MAX_QUERY}
          placeholder="Find an issue or a command" onKeyDown=${onKeyDown}
          onInput=${(/** @type {InputEvent} */ event) => {
            q.value = (/** @type {HTMLInputElement} */ (event.currentTarget)).value;
            texts.value = new Set();
            at.value = 0;
            eager.current = false;
          }} />
      </div>
      <ul class="hits" id="palette-list" role="listbox" aria-label="Hits">
        ${hits.value.map((hit, i) =>
          html`
            <li key=${hit.id} id=${`hit-${i}`} role="option" aria-selected=${i === at.value}
              onPointerMove=${() => at.value = i} onClick=${() => choose(hit)}>
              ${hit.card === undefined
                ? html`<${Icon} name=${hit.icon} />`
                : html`<${StatusIcon} status=${hit.card.status} /><span class="sr">${
                  STATUS_WORDS[hit.card.status]
                }</span>`}
              <span class="clip">${hit.text}</span>
              ${hit.hint !== "" && html`<span class="hit-hint">${hit.hint}</span>`}
            </li>
          `
        )}
      </ul>
      ${hits.value.length === 0 && q.value.trim() !== "" &&
        html`<p class="muted no-hits" role="status">${
          searching.value
            ? "Searching…"
            : "Nothing found. The words of titles, texts and comments are searched."
        }</p>`}
    </dialog>
  `;
}
