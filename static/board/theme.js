// @ts-check
/** Light, dark or as the system has it: set before the first paint, so that nothing flashes. */

import { recall, remember } from "./keep.js";

/** @typedef {"system" | "light" | "dark"} Theme */

/** The colours of the browser's own bars. */
const BARS = { light: "#f6f7f9", dark: "#101116" };

/** @returns {Theme} */
export function chosenTheme() {
  /** @type {string} */
  const theme = recall("theme", "system");
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** @param {Theme} theme */
export function setTheme(theme) {
  remember("theme", theme === "system" ? null : theme);
  apply(theme);
}

/** @param {Theme} theme */
function apply(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
    const own = meta.getAttribute("media")?.includes("dark") ? "dark" : "light";
    meta.setAttribute("content", BARS[theme === "system" ? own : theme]);
  }
}

apply(chosenTheme());
