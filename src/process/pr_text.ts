/** Making what an agent wrote harmless as the text of a pull request: it is untrusted, and GitHub acts on some of it. */

import { withoutHidden } from "../domain/hidden.ts";

/** GitHub's limit is 65,536 characters; the rest is room for the note. */
const MAX_BODY = 60_000;
const MAX_TITLE = 240;
/** Splits a word for GitHub, invisible to people. */
const BREAK = "\u200b";
const REPOSITORY_LINK = /\b(github\.com)(?=\/[^\s/]+\/[^\s/]+\/(?:issues|pull|discussions|commit)\/)/gi;
const CLOSING = /\b(clos|fix|resolv)(?=(?:e[sd]?|es|ed)?\s*:?\s)/gi;

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
  const safe = withoutHidden(text)
    .replace(/&(?=#|[a-zA-Z])/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/!+(?=\[)/g, "")
    .replace(/@(?=[A-Za-z0-9_-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\bGH-(?=\d)/gi, (word) => `${word}${BREAK}`)
    .replace(REPOSITORY_LINK, `$1${BREAK}`)
    .replace(CLOSING, `$1${BREAK}`);
  return safe.length <= MAX_BODY ? safe : `${safe.slice(0, MAX_BODY)}\n\n(The rest was cut off.)`;
}

/** One line, no control characters, no mention, no reference, no closing keyword; never empty. */
export function neutralTitle(text: string): string {
  const safe = neutralLine(text).slice(0, MAX_TITLE).toWellFormed();
  return safe === "" ? "Changes by Autopilot" : safe;
}

/**
 * The first line of a commit message from a title of somebody outside of the project: GitHub acts on commit messages as
 * well, once they are merged.
 */
export function neutralLine(text: string): string {
  return withoutHidden(text).replace(/\s+/g, " ")
    .replace(/@(?=[A-Za-z0-9_-])/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/\bGH-(?=\d)/gi, (word) => `${word}${BREAK}`)
    .replace(REPOSITORY_LINK, `$1${BREAK}`)
    .replace(CLOSING, `$1${BREAK}`)
    .trim();
}
