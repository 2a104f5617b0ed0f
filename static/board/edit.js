// @ts-check
/** Which issue is being edited. */

import { signal } from "@preact/signals";

/** @import { Signal } from "@preact/signals" */
/** @import { Issue } from "../../src/domain/issue.ts" */

/** As it was when the form opened. @type {Signal<Issue | null>} */
export const editing = signal(null);

/** @param {Issue} issue */
export function startEdit(issue) {
  editing.value = issue;
}
