// @ts-check
/** The transcript of one run: what is written so far, then every entry as it happens. */

import { signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, subscribeRun } from "./live.js";

/** @import { LogEntry } from "../../src/domain/log_entry.ts" */
/** @import { Signal } from "@preact/signals" */

/**
 * @param {string} run_id
 * @param {boolean} finished a finished run gets no further entries
 */
export function openTranscript(run_id, finished) {
  /** @type {Signal<readonly LogEntry[]>} */
  const entries = signal([]);
  const problem = signal("");
  const loading = signal(true);
  let last = 0;
  let closed = false;
  /** @type {(() => void)[]} */
  const disposers = [];

  /** @param {readonly LogEntry[]} page */
  function take(page) {
    // The stored pages and the live stream overlap: every entry has its number.
    const news = page.filter((entry) => entry.seq > last);
    if (news.length === 0) return;
    last = news[news.length - 1].seq;
    entries.value = [...entries.peek(), ...news];
  }

  async function load() {
    try {
      for (;;) {
        const page = await api.log(run_id, last);
        if (closed) return;
        take(page.entries);
        if (page.entries.length === 0) break;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error.message;
    }
    loading.value = false;
    if (finished || closed) return;
    disposers.push(
      onMessages((messages) => {
        for (const message of messages) {
          if (message.run_id === run_id && Array.isArray(message.entries)) take(message.entries);
        }
      }),
      subscribeRun(run_id, () => last),
    );
  }
  load();

  return {
    entries,
    problem,
    loading,
    close() {
      closed = true;
      disposers.forEach((dispose) => dispose());
    },
  };
}
