// @ts-check
/** A dialog over the board, and the fields that several forms have. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { takesFiles } from "./files.js";
import { Icon } from "./icons.js";
import { lazy } from "./lazy.js";

/** @import { ComponentChildren } from "preact" */

const markdown = lazy(async () => (await import("./markdown.js")).Markdown, ["panel.css"]);

/**
 * A text with a preview of its Markdown.
 *
 * @param {{ id: string, label: string, rows: string, value: string, placeholder?: string,
 *   onText: (text: string) => void, onFiles?: (files: File[]) => void, onPasteText?: (text: string) => void }} props
 */
export function TextField({ id, label, rows, value, placeholder, onText, onFiles, onPasteText }) {
  const preview = useSignal(false);
  const files = onFiles === undefined ? null : takesFiles(onFiles);
  return html`
    <div class="field">
      <span class="field-head"><label for=${id}>${label}</label>
        <button type="button" class="link-button" aria-pressed=${preview.value} onPointerEnter=${markdown
          .want}
          onClick=${() => preview.value = !preview.value}>Preview</button></span>
      ${preview.value &&
        html`<div class="preview">${
          value.trim() === ""
            ? html`<p class="muted">Nothing to show yet.</p>`
            : html`<${markdown.Part} text=${value} />`
        }</div>`}
      <textarea id=${id} name="body" rows=${rows} placeholder=${placeholder} value=${value} hidden=${preview
        .value}
        onInput=${(/** @type {InputEvent} */ event) =>
          onText((/** @type {HTMLTextAreaElement} */ (event.currentTarget)).value)}
        onPaste=${(/** @type {ClipboardEvent} */ event) => {
          files?.onPaste(event);
          if (!event.defaultPrevented) onPasteText?.(event.clipboardData?.getData("text/plain") ?? "");
        }}></textarea>
    </div>
  `;
}

/**
 * One of a few values.
 *
 * @param {{ label: string, name?: string, words: Readonly<Record<string, string>>, value: string,
 *   onChoice: (value: any) => void }} props
 */
export function Choice({ label, name, words, value, onChoice }) {
  return html`
    <label class="field"><span>${label}</span>
      <span class="select"><select name=${name} value=${value} onChange=${(/** @type {Event} */ event) =>
        onChoice((/** @type {HTMLSelectElement} */ (event.currentTarget)).value)}>${Object.entries(words).map(
          ([one, word]) => html`<option value=${one} key=${one}>${word}</option>`,
        )}</select><${Icon} name="chevron" /></span>
    </label>
  `;
}

/** @param {{ busy?: boolean, onFiles: (files: File[]) => void }} props */
export function FileButton({ busy = false, onFiles }) {
  return html`
    <label class="icon-button file-button" title="Attach files: choose, paste or drop them">
      <input type="file" multiple aria-label="Attach files" disabled=${busy} onChange=${(
        /** @type {Event} */ event,
      ) => {
        const input = /** @type {HTMLInputElement} */ (event.currentTarget);
        onFiles([...input.files ?? []]);
        input.value = "";
      }} /><${Icon} name="clip" />
    </label>
  `;
}

/**
 * The focus goes back to where it was. `fields`: one of its fields takes the focus, else the heading does.
 *
 * @param {{ id: string, title: string, class?: string, fields?: boolean, onClose: () => void, children?: ComponentChildren }} props
 */
export function Dialog({ id, title, class: name = "", fields = false, onClose, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  // At once, so that what is typed right after the shortcut lands in the first field.
  useLayoutEffect(() => {
    const back = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    };
  }, []);
  /** A press beside the dialog closes it. @param {MouseEvent} event */
  const onPointerDown = (event) => {
    if (event.target === dialog.current) onClose();
  };
  return html`
    <dialog class=${`dialog ${name}`} ref=${dialog} aria-labelledby=${id} onClose=${onClose}
      onPointerDown=${onPointerDown}>
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id=${id} tabindex="-1" autofocus=${!fields}>${title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}>
            <${Icon} name="close" />
          </button>
        </div>
        ${children}
      </div>
    </dialog>
  `;
}
