// @ts-check
/**
 * Says in words what an event tells.
 *
 * @typedef {import("./notice_types.js").Message} Message
 * @typedef {import("./notice_types.js").Notice} Notice
 * @typedef {import("./notice_types.js").Level} Level
 * @typedef {import("./notice_types.js").Words} Words
 */

/** Longest text of a field, in characters. */
const MAX_TEXT = 300;

/** What a reader can't see, or what turns the direction of text around; joiners are parts of letters and emoji. */
const UNSEEN =
  /(?![\t\n])\p{Cc}|[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e0fff}]/gu;

/** A field as text, whatever it is. @param {unknown} value */
export function textOf(value) {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  const text = value.slice(0, 4 * MAX_TEXT).replace(UNSEEN, "").trim();
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text;
}

/** @param {string} template @param {Record<string, unknown>} values */
export function fill(template, values) {
  // Texts of a page may be anything.
  return String(template).replace(/\{(\w+)\}/g, (all, name) => name in values ? String(values[name]) : all);
}

/** Outcomes of runs that are no trouble. */
const FINE = ["", "implemented", "needs_input", "stopped", "usage_limited"];

/**
 * @param {Message} message
 * @param {Words} words
 * @returns {Notice | null} `null` where there is nothing to tell
 */
export function noticeOf(message, words) {
  const type = textOf(message.type);
  const status = textOf(message.status);
  const outcome = textOf(message.outcome);
  const issue = textOf(message.issue_id) || textOf(message.id) || textOf(message.number);
  const number = textOf(message.number);
  /** @param {Level} level @param {string} icon @param {string} what @param {Partial<Notice>} [more] @returns {Notice} */
  const notice = (level, icon, what, more) => ({
    level,
    icon,
    what,
    title: [number && `#${number}`, textOf(message.title)].join(" ").trim(),
    issue,
    at: textOf(message.at),
    key: "",
    stays: false,
    quiet: false,
    settles: false,
    ...more,
  });
  const failed = !FINE.includes(outcome);
  const start = `start ${issue}`;
  switch (type) {
    case "issue.created":
      return notice("info", "plus", words.created);
    case "issue.status": {
      if (status === "blocked") {
        return notice(failed ? "bad" : "need", "need", words.blocked, { stays: true });
      }
      const known = /** @type {Record<string, string>} */ (words)[status] || status;
      const more = { settles: true };
      if (status === "in_review") return notice("good", "eye", words.review, more);
      if (status === "done") return notice("good", "check", words.done, more);
      const moved = fill(words.moved, { status: known });
      // Its start is told right after: one of the two is enough.
      if (status === "in_progress") return notice("work", "play", moved, { ...more, key: start });
      return notice("info", "arrow", moved, more);
    }
    case "run.started":
      return notice("work", "play", words.started, { key: start, settles: true });
    case "run.finished":
      return failed
        ? notice("bad", "need", fill(words.stopped, { outcome: outcome.replaceAll("_", " ") }), {
          quiet: true,
        })
        : notice("good", "check", words.finished, { quiet: true });
    case "comment.added": {
      const author = textOf(message.author);
      return notice("info", "comment", author ? fill(words.comment_by, { author }) : words.comment);
    }
    default:
      return null;
  }
}

/** What the page itself wants to tell, of any kind. @param {Message} message @param {Words} words @returns {Notice} */
export function noticeOfPage(message, words) {
  const known = noticeOf(message, words);
  if (known !== null) return { ...known, quiet: false };
  const as_comment = noticeOf({ ...message, type: "comment.added" }, words);
  const what = textOf(message.message) || textOf(message.type) || words.launcher;
  return { .../** @type {Notice} */ (as_comment), icon: "plus", what };
}
