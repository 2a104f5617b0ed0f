/** Text from outside, for a terminal. */

import { replaceHidden } from "../domain/hidden.ts";

/**
 * Titles and agents' words reach the terminal: control characters would steer it, direction marks would reorder the
 * line, others would not be seen. All are written out as `\u{…}`; line ends and tabs stay.
 */
export function harmless(line: string): string {
  return replaceHidden(line, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The same on one line: line feeds and tabs become blanks. */
export function oneLine(text: string): string {
  return harmless(text.replace(/[\r\n\t]+/g, " "));
}
