// @ts-check
/**
 * Markdown from people and agents, as safe DOM. Raw HTML is shown as text, links are checked, images are links
 * until somebody clicks them. The two libraries are loaded when the first text needs them.
 */

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { safeHref } from "./clean.js";

/** @import { Tokens } from "marked" */

/** What DOMPurify lets through; Markdown makes nothing else. */
const TAGS = [
  ..."a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre strong".split(" "),
  ..."table tbody td th thead tr ul input".split(" "),
];
const ATTRIBUTES = [
  "href",
  "title",
  "target",
  "rel",
  "align",
  "start",
  "class",
  "type",
  "checked",
  "disabled",
];

/** @param {string} text */
function escape(text) {
  return text.replace(
    /[&<>"']/g,
    (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }[c] ?? c),
  );
}

/**
 * @param {string} href
 * @param {string} inner HTML that is safe already
 */
function link(href, inner) {
  const safe = safeHref(href);
  return safe === null
    ? inner
    : `<a href="${escape(safe)}" target="_blank" rel="noopener noreferrer nofollow">${inner}</a>`;
}

async function load() {
  const [{ Marked }, { default: DOMPurify }] = await Promise.all([import("marked"), import("dompurify")]);
  const marked = new Marked({
    gfm: true,
    breaks: true,
    renderer: {
      html: ({ text, block }) =>
        block ? `<p>${escape(text.trim()).replaceAll("\n", "<br>")}</p>` : escape(text),
      link({ href, tokens }) {
        return link(href, this.parser.parseInline(tokens));
      },
      image: ({ href, text }) => link(href, `Image: ${escape(text || href)}`),
      code: ({ text }) => `<pre><code>${escape(text)}</code></pre>`,
    },
  });
  /** @param {string} text */
  return (text) =>
    DOMPurify.sanitize(/** @type {string} */ (marked.parse(text)), {
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: ATTRIBUTES,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      RETURN_DOM_FRAGMENT: true,
    });
}

/** @type {ReturnType<typeof load> | null} */
let renderer = null;

/**
 * Until the libraries are here, and if they can't be loaded, the text is shown as it is.
 *
 * @param {{ text: string }} props
 */
export function Markdown({ text }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    let current = true;
    const element = box.current;
    if (element === null) return;
    if (element.firstChild === null) element.textContent = text;
    renderer ??= load();
    renderer.then((render) => {
      if (!current) return;
      element.replaceChildren(render(text));
      element.classList.remove("plain");
    }, () => renderer = null); // the text stays as it is, the next one tries again
    return () => current = false;
  }, [text]);
  // The children belong to the effect: Preact sees an empty element and leaves it alone.
  return html`<div class="prose plain" ref=${box}></div>`;
}
