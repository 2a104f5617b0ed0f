// @ts-check
/** The open issue: its thread, attachments and runs, kept fresh while it is open. */

import { effect, signal } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { onMessages, onResync } from "./live.js";
import { cards, openRef, takeCards, view } from "./store.js";
import { toCard } from "./reduce.js";

/** @import { Signal } from "@preact/signals" */
/** @import { IssueDetail } from "./api.js" */

/** @typedef {{ state: "closed" | "loading" } | { state: "failed", reason: string } | { state: "ready", value: IssueDetail }} Detail */

/** @type {Signal<Detail>} */
export const detail = signal({ state: "closed" });

let loading = false;
let again = false;

/** Loads the open issue; calls that come while a load runs share the one after it. */
async function refresh() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  do {
    again = false;
    const ref = openRef.peek();
    if (ref === "") break;
    try {
      const value = await api.issue(ref);
      if (openRef.peek() !== ref) {
        again = true;
        continue;
      }
      detail.value = { state: "ready", value };
      takeCards([toCard(value.issue)]);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (openRef.peek() !== ref) again = true;
      // What is shown stays while the server is away; the reconnect loads it again.
      else if (detail.peek().state !== "ready") detail.value = { state: "failed", reason: error.message };
    }
  } while (again);
  loading = false;
}

/** Follows `openRef`. Returns a function that ends it. */
export function startDetail() {
  const disposers = [
    effect(() => {
      const ref = openRef.value;
      const shown = detail.peek();
      const same = shown.state === "ready" &&
        (shown.value.issue.id === ref || String(shown.value.issue.number) === ref);
      if (ref === "") detail.value = { state: "closed" };
      else if (!same) detail.value = { state: "loading" };
      if (ref !== "") refresh();
    }),
    onMessages((messages) => {
      const shown = detail.peek();
      if (shown.state !== "ready") return;
      const { id } = shown.value.issue;
      if (messages.some((message) => message.actor_kind !== undefined && message.issue_id === id)) refresh();
    }),
    onResync(() => void refresh()),
  ];
  return () => disposers.forEach((dispose) => dispose());
}

/** Opens an issue, with its own address in the history. @param {string} ref id or number */
export function openIssue(ref) {
  if (openRef.peek() !== ref) go(ref);
}

export function closeIssue() {
  if (openRef.peek() !== "") go("");
}

/** @param {string} ref */
function go(ref) {
  const url = new URL(location.href);
  // The place within the issue belongs to the one that is left.
  for (const name of ["issue", "tab", "run", "file", "line", "comment"]) url.searchParams.delete(name);
  if (ref !== "") url.searchParams.set("issue", ref);
  history.pushState(null, "", url);
  openRef.value = ref;
}

/** @param {"" | "agents"} name */
export function openView(name) {
  if (view.peek() === name) return;
  view.value = name;
  const url = new URL(location.href);
  url.searchParams.delete("days");
  if (name === "") url.searchParams.delete("view");
  else url.searchParams.set("view", name);
  history.pushState(null, "", url);
}

/** Opens what the address says, now and when the person goes back or forward. */
export function followAddress() {
  const read = () => {
    const params = new URLSearchParams(location.search);
    openRef.value = params.get("issue") ?? "";
    view.value = params.get("view") === "agents" ? "agents" : "";
  };
  read();
  addEventListener("popstate", read);
  return () => removeEventListener("popstate", read);
}

/** The card of the open issue, if the board has it. */
export function openCard() {
  const shown = detail.value;
  return shown.state === "ready" ? cards.value.get(shown.value.issue.id) ?? toCard(shown.value.issue) : null;
}
