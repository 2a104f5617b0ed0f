/** Making what an agent wrote harmless as the text of a pull request: it is untrusted, and GitHub acts on some of it. */

/** GitHub's limit is 65,536 characters; the rest is room for the note. */
const MAX_BODY = 60_000;
const MAX_TITLE = 240;
/** Splits a word for GitHub, invisible to people. */
const BREAK = "\u200b";

/**
 * - `@name` and `@org/team` notify nobody,
 * - `fixes #1` and the like close no issue, and `#1`, `owner/repo#1`, `GH-1` link to none,
 * - HTML is shown as text, so no comment hides anything and no image is loaded,
 * - markdown images become plain links.
 *
 * Inside code nothing of this would happen, but telling code from text the way GitHub does is what an attacker would
 * play with: it is done everywhere.
 */
export function neutralBody(text: string): string {
  const safe = stripControls(text)
    .replace(/&(?=#|[a-zA-Z])/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/!(?=\[)/g, "")
    .replace(/@(?=[A-Za-z0-9_-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\bGH-(?=\d)/gi, (word) => `${word}${BREAK}`)
    .replace(/\b(github\.com)(?=\/[^\s/]+\/[^\s/]+\/(?:issues|pull|discussions|commit)\/)/gi, `$1${BREAK}`)
    .replace(/\b(clos|fix|resolv)(?=(?:e[sd]?|es|ed)?\s*:?\s)/gi, `$1${BREAK}`);
  return safe.length <= MAX_BODY ? safe : `${safe.slice(0, MAX_BODY)}\n\n(The rest was cut off.)`;
}

/** One line, no control characters, no mention, no reference; never empty. */
export function neutralTitle(text: string): string {
  const safe = stripControls(text).replace(/\s+/g, " ").replace(/@(?=[A-Za-z0-9_-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`).trim().slice(0, MAX_TITLE);
  return safe === "" ? "Changes by Autopilot" : safe;
}

/** Control, bidirectional and invisible characters go, but for tab and line end. */
function stripControls(text: string): string {
  return text.replace(/\r\n?/g, "\n")
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "");
}
