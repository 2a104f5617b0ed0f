// @ts-check
/** The files of an issue: pictures, films and texts are shown, everything else can be taken home. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { cleanText, safeHref } from "./clean.js";
import { sizeWords } from "./files.js";
import { Icon } from "./icons.js";

/** @import { Attachment } from "../../src/domain/attachment.ts" */

/** @param {{ files: readonly Attachment[] }} props */
export function Attachments({ files }) {
  if (files.length === 0) return null;
  return html`
    <ul class="attachments" aria-label="Attachments">${files.map((file) =>
      html`
        <li key=${file.id} class=${`attachment ${previewOf(file) === null ? "" : "with-preview"}`}>
          ${file.content_type.startsWith("video/") && previewOf(file)}
          <a href=${safeHref(file.url)} target="_blank" rel="noopener">
            ${!file.content_type.startsWith("video/") && previewOf(file)}
            <span class="file-line"><${Icon} name="clip" /><span class="clip">${file.name}</span><span
              class="muted num">${sizeWords(file.size)}</span></span></a>
          ${TEXTS.test(file.name) && file.size <= MAX_TEXT_BYTES && html`<${TextPreview} file=${file} />`}
        </li>
      `
    )}</ul>
  `;
}

/** The server says of a text only that it is bytes; its name says that it may be read. */
const TEXTS =
  /\.(?:txt|log|md|json|jsonc|csv|tsv|ya?ml|toml|ini|xml|html?|css|[cm]?[jt]sx?|py|go|rs|sh|sql|diff|patch)$/i;
const MAX_TEXT_BYTES = 1_000_000;
/** Characters that are shown. */
const MAX_SHOWN = 20_000;

/** @param {{ file: Attachment }} props */
function TextPreview({ file }) {
  const text = useSignal(/** @type {string | null} */ (null));
  /** @param {Event} event */
  async function onToggle(event) {
    const src = safeHref(file.url);
    if (
      !(/** @type {HTMLDetailsElement} */ (event.currentTarget)).open || text.value !== null || src === null
    ) return;
    try {
      const response = await fetch(src);
      const whole = cleanText(await response.text());
      if (!response.ok) text.value = `The server answered ${response.status}.`;
      else text.value = whole.length > MAX_SHOWN ? `${whole.slice(0, MAX_SHOWN)}\n…` : whole;
    } catch {
      text.value = "The server can't be reached."; // fetch says nothing that helps a person
    }
  }
  return html`
    <details class="text-preview" onToggle=${onToggle}>
      <summary aria-label=${`Show ${file.name}`}>Show</summary>
      <pre>${text.value ?? "Loading…"}</pre>
    </details>
  `;
}

/** @param {Attachment} file the type is what the server saw in its bytes */
function previewOf({ content_type, url, name }) {
  const src = safeHref(url);
  if (src === null) return null;
  if (content_type.startsWith("image/")) {
    return html`<img src=${src} alt=${`Picture ${name}`} loading="lazy" />`;
  }
  if (content_type.startsWith("video/")) {
    return html`<video src=${src} controls preload="metadata" aria-label=${`Film ${name}`}></video>`;
  }
  return null;
}
