/**
 * Characters that a reader does not see but a machine reads: control characters, direction overrides (text reads in
 * another order than it is), zero-width and tag characters, and others without a glyph.
 */

/** For a regular expression with the flag `u`. Tab and line end are no part of it. */
const CLASS =
  "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
  "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}";
const HIDDEN = new RegExp(`[${CLASS}]`, "u");
const ALL_HIDDEN = new RegExp(`[${CLASS}]`, "gu");
/** Joiners are part of some scripts and of emoji: they stay behind a letter of those. */
const JOINED =
  /(?<=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])[\u200c\u200d]$/u;

/** Puts something else in the place of every hidden character, joiners too. */
export function replaceHidden(text: string, place: (character: string) => string): string {
  return HIDDEN.test(text) ? text.replace(ALL_HIDDEN, place) : text;
}

/** Writes hidden characters out, `‹U+202E›`, so that what is read is what is there. */
export function writeOutHidden(text: string): string {
  if (!HIDDEN.test(text)) return text;
  return text.replace(/\r\n?/g, "\n").replace(ALL_HIDDEN, (character, at: number, whole: string) => {
    if (JOINED.test(whole.slice(Math.max(0, at - 2), at + 1))) return character;
    return `‹U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

/** Takes hidden characters out, joiners too. Tab and line end stay. */
export function withoutHidden(text: string): string {
  return replaceHidden(text.replace(/\r\n?/g, "\n"), () => "");
}
