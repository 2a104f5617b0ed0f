// @ts-check
/** Where in the panel the reader is, as part of the address: a link leads another person to the same place. */

import { signal } from "@preact/signals";
import { openRef } from "./store.js";

export const TABS = /** @type {const} */ ([
  ["thread", "Thread"],
  ["transcript", "Transcript"],
  ["changes", "Changes"],
  ["runs", "Runs"],
  ["timeline", "Timeline"],
]);

/** @typedef {typeof TABS[number][0]} Tab */
/**
 * Empty where unset. `run`: an attempt; `file`: a path; `line`: a line of it as the change leaves it, `o12` as it was
 * before; `comment`: a comment's id.
 *
 * @typedef {{ tab: Tab, run: string, file: string, line: string, comment: string }} Place
 */

/** Which parts of the place mean something on a tab. @type {Readonly<Record<Tab, readonly (keyof Place)[]>>} */
const OF_TAB = {
  thread: ["comment"],
  transcript: ["run"],
  changes: ["file", "line"],
  runs: [],
  timeline: [],
};

/** @returns {Place} */
function read() {
  const query = new URLSearchParams(location.search);
  const text = (/** @type {string} */ name) => query.get(name) ?? "";
  const tab = TABS.find(([id]) => id === text("tab"))?.[0] ?? "thread";
  return { tab, run: text("run"), file: text("file"), line: text("line"), comment: text("comment") };
}

/** Where the panel is. */
export const panelPlace = signal(read());

/** Follows the address: another issue begins at its own place. */
export function followPlace() {
  const follow = () => void (panelPlace.value = read());
  addEventListener("popstate", follow);
  const dispose = openRef.subscribe(follow);
  return () => {
    removeEventListener("popstate", follow);
    dispose();
  };
}

/** Goes there; what belongs to another tab is left. It is no step in the history. @param {Partial<Place>} to */
export function setPanelPlace(to) {
  const place = { ...panelPlace.peek(), ...to };
  for (const name of /** @type {const} */ (["run", "file", "line", "comment"])) {
    if (!OF_TAB[place.tab].includes(name)) place[name] = "";
  }
  panelPlace.value = place;
  history.replaceState(null, "", placeAddress(place));
}

/** The address of a place in the open issue. @param {Place} place */
export function placeAddress(place) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(place)) {
    if (value === "" || (name === "tab" && value === "thread")) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url;
}
