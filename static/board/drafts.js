// @ts-check
/** Texts that are written but not sent, by issue: neither closing the panel nor a reload loses them. */

import { effect, signal } from "@preact/signals";
import { recall, remember } from "./keep.js";

/** @import { Signal } from "@preact/signals" */

/** @type {Map<string, Signal<string>>} */
const drafts = new Map();

/** @param {string} issue_id */
export function draftOf(issue_id) {
  let draft = drafts.get(issue_id);
  if (draft !== undefined) return draft;
  const key = `draft.${issue_id}`;
  const kept = draft = signal(recall(key, ""));
  drafts.set(issue_id, draft);
  effect(() => remember(key, kept.value === "" ? null : kept.value));
  return draft;
}
