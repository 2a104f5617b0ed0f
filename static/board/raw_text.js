// @ts-check
/** Shows text as it is: what a reader would not see, or would take for something else, becomes a part of its own. */

/**
 * `hidden`: characters without a glyph, or that reorder the line. `comment`: an HTML comment, which Markdown does not
 * show elsewhere. `mixed`: a word with letters of several alphabets that look alike.
 *
 * @typedef {{ kind: "text" | "hidden" | "comment" | "mixed", text: string, hint: string }} Segment
 */

const HIDDEN =
  "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
  "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}";
const LETTER = String.raw`\p{L}\p{M}\p{N}_`;
const PARTS = new RegExp(
  String
    .raw`(?<comment><!--[^]*?(?:-->|$))|(?<tags>[\u{e0000}-\u{e007f}]+)|(?<hidden>[${HIDDEN}]+)|(?<word>[${LETTER}]+)`,
  "gu",
);
/** Alphabets with letters that look like Latin ones. */
const LOOKALIKES = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Cherokee}\p{Script=Armenian}]/u;
const LATIN = /\p{Script=Latin}/u;
/** Letters that only look plain: full-width and mathematical ones. */
const STYLED = /[\uff21-\uff3a\uff41-\uff5a\u{1d400}-\u{1d7ff}]/u;

/** @type {Readonly<Record<string, string>>} */
const NAMES = {
  "\u00ad": "soft hyphen",
  "\u200b": "zero-width space",
  "\u200c": "zero-width non-joiner",
  "\u200d": "zero-width joiner",
  "\u2060": "word joiner",
  "\ufeff": "zero-width space",
  "\u202a": "left-to-right embedding",
  "\u202b": "right-to-left embedding",
  "\u202d": "left-to-right override",
  "\u202e": "right-to-left override",
  "\u2066": "left-to-right isolate",
  "\u2067": "right-to-left isolate",
  "\u200e": "left-to-right mark",
  "\u200f": "right-to-left mark",
  "\x1b": "escape: steers terminals",
};

/** @param {string} character */
function written(character) {
  return `‹U+${
    /** @type {number} */ (character.codePointAt(0)).toString(16).toUpperCase().padStart(4, "0")
  }›`;
}

/**
 * Emoji are made with joiners; alone those hide nothing. The character before is looked at by itself: V8 finds no
 * surrogate pair with a class at the end of a text (`/[\u{1f469}]$/u`).
 *
 * @param {string} text
 * @param {number} at
 */
function joinsEmoji(text, at) {
  const before = [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
  return /^\p{Extended_Pictographic}/u.test(text.slice(at + 1, at + 3)) &&
    /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u.test(before);
}

/** @param {string} given @returns {Segment[]} what stands there, in order; together they lose nothing */
export function segmentsOf(given) {
  const text = given.replace(/\r\n/g, "\n");
  /** @type {Segment[]} */
  const found = [];
  let plain = "";
  /** @param {Segment["kind"]} kind @param {string} shown @param {string} hint */
  const put = (kind, shown, hint) => {
    if (plain !== "") found.push({ kind: "text", text: plain, hint: "" });
    plain = "";
    found.push({ kind, text: shown, hint });
  };
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    const { comment, tags, hidden, word } = /** @type {Record<string, string | undefined>} */ (match.groups);
    plain += text.slice(end, match.index);
    end = match.index + match[0].length;
    if (comment !== undefined) {
      put("comment", visible(comment), "An HTML comment: hidden where Markdown is shown");
    } else if (tags !== undefined) {
      put("hidden", `‹hidden: ${untagged(tags)}›`, "Tag characters: nobody sees them, models read them");
    } else if (hidden === "\u200d" && joinsEmoji(text, match.index)) plain += hidden;
    else if (hidden !== undefined) {
      put(
        "hidden",
        [...hidden].map(written).join(""),
        [...new Set(hidden)].map((c) => NAMES[c] ?? "character without a glyph").join(", "),
      );
    } else if (word !== undefined && ((LATIN.test(word) && LOOKALIKES.test(word)) || STYLED.test(word))) {
      put(
        "mixed",
        word,
        `Letters that look alike: ${
          [...word].filter((c) => LOOKALIKES.test(c) || STYLED.test(c)).map((c) => c + " " + written(c)).join(
            " ",
          )
        }`,
      );
    } else plain += match[0];
  }
  plain += text.slice(end);
  if (plain !== "") found.push({ kind: "text", text: plain, hint: "" });
  return found;
}

/** @param {string} text */
function visible(text) {
  return text.replace(new RegExp(`[${HIDDEN}]`, "gu"), written);
}

/** Tag characters stand for ASCII. @param {string} tags */
function untagged(tags) {
  return [...tags].map((c) => {
    const code = /** @type {number} */ (c.codePointAt(0)) - 0xe0000;
    return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : written(c);
  }).join("");
}

/** What there is to beware of, in words; empty when there is nothing. @param {readonly Segment[]} segments */
export function warningsOf(segments) {
  /** @param {Segment["kind"]} kind @param {string} one @param {string} many */
  const counted = (kind, one, many) => {
    const n = segments.filter((segment) => segment.kind === kind).length;
    return n === 0 ? [] : [n === 1 ? one : `${n} ${many}`];
  };
  return [
    ...counted("hidden", "characters that can't be seen", "places with characters that can't be seen"),
    ...counted("comment", "an HTML comment", "HTML comments"),
    ...counted("mixed", "a word of several alphabets", "words of several alphabets"),
  ];
}
