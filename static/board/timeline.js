// @ts-check
/** The event log of one issue, kept fresh while it is shown. */

import { signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, onResync } from "./live.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Message } from "./reduce.js" */

/** @param {string} issue_id */
export function openTimeline(issue_id) {
  /** In the order of the log. @type {Signal<readonly Message[]>} */
  const events = signal([]);
  const problem = signal("");
  const loading = signal(true);
  let last = 0;
  let closed = false;

  /** @param {readonly Message[]} page */
  function take(page) {
    // The pages and the live stream overlap: every event has its number.
    const news = page.filter((event) => Number(event.seq) > last);
    if (news.length === 0) return;
    last = Number(news[news.length - 1].seq);
    events.value = [...events.peek(), ...news];
  }

  let busy = false;
  /** What came while the pages were read. @type {Message[]} */
  let meanwhile = [];
  async function load() {
    if (busy) return;
    busy = true;
    try {
      for (;;) {
        const page = await api.events(issue_id, last);
        if (closed) return;
        take(page.events);
        if (page.events.length === 0) break;
      }
      problem.value = "";
      take(meanwhile);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = error.message;
    } finally {
      busy = false;
      meanwhile = [];
      loading.value = false;
    }
  }
  const disposers = [
    onMessages((messages) => {
      const own = messages.filter((one) => one.issue_id === issue_id && one.actor_kind !== undefined);
      if (busy) meanwhile.push(...own);
      else take(own);
    }),
    onResync(() => void load()),
  ];
  load();
  return {
    events,
    problem,
    loading,
    close() {
      closed = true;
      disposers.forEach((dispose) => dispose());
    },
  };
}
