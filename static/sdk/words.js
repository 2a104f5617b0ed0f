// @ts-check
/**
 * What the launcher says; every text can be replaced by `data-strings`. `{…}` stands for what is filled in. Further texts
 * are in late_words.js.
 */

export const WORDS = {
  launcher: "Autopilot",
  activity: "Activity",
  group: "Autopilot launcher",
  move: "Drag it, or move it with the arrow keys.",
  needs: "{n} need you.",
  unread: "{n} unread.",
  created: "New issue",
  moved: "Moved to {status}",
  started: "Agent started",
  finished: "Agent finished",
  stopped: "Agent stopped: {outcome}",
  blocked: "Blocked: needs your input",
  review: "Ready for review",
  done: "Done",
  comment: "New comment",
  comment_by: "Comment by {author}",
  backlog: "Backlog",
  ready: "Ready",
  in_progress: "In progress",
  in_review: "In review",
  // How the connection is.
  connecting: "Connecting …",
  live: "Live.",
  away: "Not connected to the board.",
  mixed: "A page of HTTPS can't connect to a board without it.",
  asks: "The board is in a private network: press Autopilot to connect. Your browser may ask whether it may.",
  denied:
    "Your browser does not let this page connect to the private network of the board: allow it in the site's settings.",
};
