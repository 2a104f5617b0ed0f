// @ts-check
/** The transcript of one run: what is written so far, then every entry as it happens. */

import { batch, signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, subscribeRun } from "./live.js";
import { createRows } from "./transcript_rows.js";

/** @import { LogEntry } from "../../src/domain/log_entry.ts" */

/** Entries of one page. */
const PAGE = 1_000;

/** @typedef {ReturnType<typeof openTranscript>} TranscriptLog */

/**
 * @param {string} run_id
 * @param {boolean} finished a finished run gets no further entries
 */
export function openTranscript(run_id, finished) {
  const rows = createRows();
  /** Entries so far. A list of a run's length can't be copied for each of them: who reads this looks at `rows`. */
  const count = signal(0);
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
    rows.take(news);
    count.value = last;
  }

  async function load() {
    try {
      for (;;) {
        const page = await api.log(run_id, last, PAGE);
        if (closed) return;
        take(page.entries);
        if (page.entries.length < PAGE) break;
      }
      problem.value = "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error.message;
    }
    loading.value = false;
    if (finished || closed) return;
    disposers.push(
      onMessages((messages) => {
        // One drawing, however many messages this frame brought.
        batch(() => {
          for (const message of messages) {
            if (message.run_id === run_id && Array.isArray(message.entries)) take(message.entries);
          }
        });
      }),
      subscribeRun(run_id, () => last),
    );
  }
  load();

  return {
    rows,
    count,
    problem,
    loading,
    reload() {
      problem.value = "";
      loading.value = true;
      load();
    },
    close() {
      closed = true;
      disposers.forEach((dispose) => dispose());
    },
  };
}
