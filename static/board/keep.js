// @ts-check
/** What this browser remembers between visits: drafts and settings. A browser that keeps nothing is no error. */

const PREFIX = "autopilot.";

/**
 * @template T
 * @param {string} key
 * @param {T} fallback also the shape: something else that was kept there counts as nothing
 * @returns {T}
 */
export function recall(key, fallback) {
  try {
    const value = JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
    return value !== null && typeof value === typeof fallback ? value : fallback;
  } catch {
    return fallback; // storage is switched off, or holds what somebody else wrote
  }
}

/** @param {string} key @param {unknown} value `null` forgets it */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Storage is switched off or full: it lasts until the page is closed.
  }
}
