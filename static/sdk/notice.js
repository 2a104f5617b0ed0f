// @ts-check
/**
 * Says in words what an event tells.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Notice} Notice
 * @typedef {import("./types.js").Level} Level
 * @typedef {import("./types.js").Words} Words
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
  return template.replace(/\{(\w+)\}/g, (all, name) => name in values ? String(values[name]) : all);
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

/** Drawings of 16 × 16. @type {Record<string, string>} */
const ICONS = {
  plus: "M8 3v10M3 8h10",
  arrow: "M3 8h9M8.5 4l4 4-4 4",
  play: "M5 3.5 12 8l-7 4.5z",
  need: "M8 3v6M8 12.6v.1",
  eye: "M2 8s2.4-4 6-4 6 4 6 4-2.4 4-6 4-6-4-6-4zM8 8v.1",
  check: "M3 8.5 6.5 12 13 4.5",
  comment: "M3 3.5h10v7H8L5 13v-2.5H3z",
  cross: "M4 4l8 8M12 4l-8 8",
  bell: "M3.5 11.5c1-1 1-2 1-4a3.5 3.5 0 0 1 7 0c0 2 0 3 1 4zM7 14h2",
  logo: "M12.3 6.4A4.6 4.6 0 1 0 12.6 8M8 8v.1",
};

/** @param {string} name */
export function iconOf(name) {
  const uri = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(uri, "svg");
  const path = document.createElementNS(uri, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
