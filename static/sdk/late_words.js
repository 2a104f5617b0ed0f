// @ts-check
/** What toasts, the board's frame and the list say, and why there is no connection; replaceable as those of words.js. */

export const LATE_WORDS = {
  toasts: "News of Autopilot",
  dismiss: "Dismiss",
  more: "{n} more",
  board: "Autopilot board",
  tab: "Open in a new tab",
  close: "Close",
  unframed: "The board does not show here: this page or the board does not allow it, or a login is needed.",
  empty: "Nothing has happened yet.",
  offline: "You are offline.",
  login: "The board wants a login: open it and log in.",
  token: "The board wants a token of this page that it knows: data-token.",
  origin: "The board does not take connections of {origin}: add it to AUTOPILOT_EMBED_ORIGINS there.",
  policy: "This page's Content-Security-Policy does not let it connect to the board.",
};
