// @ts-check
/** The files of an issue: pictures and films are shown, everything else can be taken home. */

import { html } from "htm/preact";
import { safeHref } from "./clean.js";
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
        </li>
      `
    )}</ul>
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
