// @ts-check
/** The search in a transcript: how often, where, and the words marked where they stand. */

import { html } from "htm/preact";
import { Icon } from "./icons.js";
import { matcherOf } from "./transcript_find.js";

/** @import { Signal } from "@preact/signals" */

/** The name under which the style sheet knows the marks. */
const MARKS = "found";
/** Marks in sight; more would only be colour. */
const MAX_MARKS = 500;

/** @param {{ find: import("./transcript_find.js").Find, at: Signal<number>, goTo: (hit: number) => void }} props */
export function FindBox({ find, at, goTo }) {
  const hits = find.hits.value.length;
  const asked = find.words.value.trim() !== "";
  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      goTo(at.value + (event.shiftKey ? -1 : 1));
    } else if (event.key === "Escape" && find.words.value !== "") {
      event.preventDefault(); // the panel would close
      event.stopPropagation();
      find.words.value = "";
      at.value = -1;
    }
  }
  return html`
    <div class="log-find" role="search" aria-label="Transcript">
      <${Icon} name="search" />
      <input type="search" aria-label="Find in transcript" placeholder="Find in transcript" autocomplete="off"
        spellcheck="false" value=${find.words} onKeyDown=${onKeyDown} onInput=${(
          /** @type {InputEvent} */ event,
        ) => {
          at.value = -1;
          find.words.value = (/** @type {HTMLInputElement} */ (event.currentTarget)).value;
        }} />
      <span class="muted num" role="status">${!asked
        ? ""
        : hits === 0
        ? find.busy.value ? "…" : "Nothing found"
        : at.value < 0
        ? `${hits.toLocaleString()} found`
        : `${(at.value + 1).toLocaleString()} of ${hits.toLocaleString()}`}</span>
      <button type="button" class="icon-button" aria-label="Previous hit" disabled=${hits === 0}
        onClick=${() => goTo(at.value - 1)}><span class="upward"><${Icon} name="chevron" /></span></button>
      <button type="button" class="icon-button" aria-label="Next hit" disabled=${hits === 0}
        onClick=${() => goTo(at.value + 1)}><${Icon} name="chevron" /></button>
    </div>
  `;
}

/**
 * Marks the words in what is drawn, without changing the document. A browser without such marks shows the rows alone.
 *
 * @param {HTMLElement | null} box
 * @param {string} words
 */
export function markFound(box, words) {
  if (typeof Highlight === "undefined" || box === null) return;
  const matcher = matcherOf(words);
  if (matcher === null) return void CSS.highlights.delete(MARKS);
  const all = new RegExp(matcher.source, "giu");
  /** @type {Range[]} */
  const ranges = [];
  const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null && ranges.length < MAX_MARKS; node = texts.nextNode()) {
    for (const hit of (node.nodeValue ?? "").matchAll(all)) {
      const range = new Range();
      range.setStart(node, hit.index);
      range.setEnd(node, hit.index + hit[0].length);
      ranges.push(range);
    }
  }
  CSS.highlights.set(MARKS, new Highlight(...ranges));
}
