// @ts-check
/** Looks for words in a long transcript, in steps that leave the page free to answer. */

import { effect, signal } from "@preact/signals";
import { rowText } from "./transcript_rows.js";

/** @import { ReadonlySignal } from "@preact/signals" */
/** @import { Row } from "./transcript_rows.js" */

/** One step takes about so long, in milliseconds. */
const STEP_MS = 8;

/** @typedef {ReturnType<typeof createFind>} Find */

/** What is looked for, whatever the case of its letters; `null` when that is nothing. @param {string} words */
export function matcherOf(words) {
  const text = words.trim();
  return text === "" ? null : new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu");
}

/**
 * @param {readonly Row[]} rows the list as it grows
 * @param {() => readonly number[]} news the rows that came or changed since the last time
 * @param {ReadonlySignal<number>} grown changes when there are news
 */
export function createFind(rows, news, grown) {
  const words = signal("");
  /** The rows that have the words, in order. @type {import("@preact/signals").Signal<readonly number[]>} */
  const hits = signal([]);
  const busy = signal(false);
  /** @type {Set<number>} */
  let found = new Set();
  /** Rows to look at. @type {number[]} */
  let queue = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function step() {
    timer = undefined;
    const matcher = matcherOf(words.peek());
    const until = performance.now() + STEP_MS;
    const before = found.size;
    let at = 0;
    while (matcher !== null && at < queue.length && performance.now() < until) {
      const row = queue[at++];
      if (matcher.test(rowText(rows[row]))) found.add(row);
    }
    queue = matcher === null ? [] : queue.slice(at);
    busy.value = queue.length > 0;
    if (found.size !== before) hits.value = [...found].sort((a, b) => a - b);
    if (queue.length > 0) timer = setTimeout(step);
  }

  const disposers = [
    effect(() => {
      void words.value;
      clearTimeout(timer);
      found = new Set();
      hits.value = [];
      queue = matcherOf(words.peek()) === null ? [] : rows.map((_, i) => i);
      step();
    }),
    effect(() => {
      void grown.value;
      const more = news();
      if (more.length === 0 || matcherOf(words.peek()) === null) return;
      queue.push(...more);
      timer ??= setTimeout(step);
    }),
  ];
  return {
    words,
    hits,
    busy,
    close() {
      clearTimeout(timer);
      disposers.forEach((dispose) => dispose());
    },
  };
}
