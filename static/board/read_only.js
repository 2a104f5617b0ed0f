// @ts-check
/** The board of somebody who may look and change nothing: says so, and offers nothing that would be refused. */

import { effect } from "@preact/signals";
import { api, ApiError } from "./api.js";
import { answering, creating, toast } from "./store.js";
import { loadStyle } from "./style_sheet.js";

const WHY = "Your login may look, and change nothing";

/** Asks what this login may do. Should that fail, the server still refuses what it may not, and says why. */
export async function startReadOnly() {
  try {
    const { permissions } = await api.me();
    if (permissions.includes("decide")) return;
  } catch (error) {
    if (error instanceof ApiError) return;
    throw error;
  }
  await loadStyle("read_only.css");
  document.documentElement.dataset.may = "look";
  const note = document.createElement("p");
  note.className = "read-only-note";
  note.role = "status";
  note.textContent = `${WHY}.`;
  document.body.append(note);
  // By keyboard, palette or a question in the strip they can still be asked for.
  effect(() => {
    if (!creating.value && answering.value === null) return;
    creating.value = false;
    answering.value = null;
    toast(`${WHY}: an admin can give you one of scope member.`, "bad");
  });
}
