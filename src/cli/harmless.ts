/** Text from outside, for a terminal. */

/**
 * Titles and agents' words reach the log: control characters would steer the terminal, direction marks would
 * reorder the line. Both are written out as `\u{…}`.
 */
export function harmless(line: string): string {
  return line.replace(
    /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (character) =>
      character === "\n" || character === "\t" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** The same on one line: line feeds and tabs become blanks. */
export function oneLine(text: string): string {
  return harmless(text.replace(/[\r\n\t]+/g, " "));
}
