// @ts-check
/** The changes of the open issue: loaded when the tab is shown, and told when the branch went on since. */

import { signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, onResync } from "./live.js";
import { forgetReview, noteSeen } from "./review.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Diff } from "../../src/domain/diff.ts" */

/** @typedef {{ state: "loading" } | { state: "failed", reason: string } | { state: "ready", diff: Diff }} Loaded */
/** @typedef {ReturnType<typeof openChanges>} Changes */

/** @param {string} issue_id */
export function openChanges(issue_id) {
  const loaded = signal(/** @type {Loaded} */ ({ state: "loading" }));
  /** Show only what came after the last review. */
  const since = signal(false);
  /** The head of the last review; empty when there was none. */
  const reviewed = signal("");
  /** The branch went on; what is shown stays until the reader wants the news. */
  const stale = signal(false);
  let load = 0;

  /** @param {string} from a commit, or empty for the base */
  async function fetchDiff(from) {
    try {
      return await api.diff(issue_id, from);
    } catch (error) {
      // The branch was rewritten: there is no "since" any more.
      if (!(error instanceof ApiError) || error.status !== 404 || from === "") throw error;
      since.value = false;
      reviewed.value = "";
      const all = await api.diff(issue_id, "");
      forgetReview(issue_id, all.head);
      return all;
    }
  }

  async function reload() {
    const own = ++load;
    try {
      const diff = await fetchDiff(since.peek() ? reviewed.peek() : "");
      if (own !== load) return;
      reviewed.value = noteSeen(issue_id, diff.head);
      stale.value = false;
      loaded.value = { state: "ready", diff };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (own === load) loaded.value = { state: "failed", reason: error.message };
    }
  }

  /** Looks whether the branch went on. */
  async function look() {
    const shown = loaded.peek();
    if (shown.state !== "ready" || shown.diff.head === "") return await reload();
    try {
      const { head } = await api.diff(issue_id, "");
      if (head !== shown.diff.head) stale.value = true;
    } catch (error) {
      // What is shown stays; the reconnect or the next event looks again.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  const disposers = [
    onMessages((messages) => {
      const over = messages.some(({ type, issue_id: id }) => type === "run.finished" && id === issue_id);
      if (over) look();
    }),
    onResync(() => void look()),
  ];
  reload();

  return {
    loaded,
    since,
    reviewed,
    stale,
    reload,
    /** @param {boolean} only */
    showSince(only) {
      since.value = only;
      reload();
    },
    close() {
      load++;
      disposers.forEach((dispose) => dispose());
    },
  };
}
