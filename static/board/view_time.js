// @ts-check
/** Times that move on by themselves: only their text is drawn again, and only when it changes. */

import { useComputed } from "@preact/signals";
import { html } from "htm/preact";
import { now } from "./store.js";
import { ago, duration, fullTime } from "./words.js";

/** @param {{ since: string }} props */
export function Elapsed({ since }) {
  const text = useComputed(() => duration(now.value - Date.parse(since)));
  return html`<span class="num" title=${`Since ${fullTime(since)}`}>${text}</span>`;
}

/** @param {{ at: string }} props */
export function Ago({ at }) {
  const text = useComputed(() => ago(at, now.value));
  return html`<time class="num" datetime=${at} title=${fullTime(at)}>${text}</time>`;
}
