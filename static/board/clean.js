// @ts-check
/** Makes text from others safe to look at and to click on. */

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);

/** Terminal colours and titles: CSI and OSC sequences, as coding agents' tools print them. */
const ANSI = new RegExp(
  String.raw`${ESC}(?:\[[0-?]*[ -/]*[@-~]|\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\)?|[@-Z\\-_])`,
  "g",
);

/**
 * What a reader can't see but a machine reads: control characters, direction overrides (they make text read in
 * another order than it is), zero-width characters, tag characters. Joiners stay where a script or an emoji needs them.
 */
const HIDDEN =
  /(?![\t\n])\p{Cc}|[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]|(?<![\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])[\u200c\u200d]/gu;

/** Cheap first look: most texts have none of it. */
const SUSPECT =
  /(?![\t\n])\p{Cc}|[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;

/**
 * Strips terminal sequences and writes hidden characters out (`‹U+202E›`), so that what is seen is what is there.
 *
 * @param {string} text
 */
export function cleanText(text) {
  if (!SUSPECT.test(text)) return text;
  return text.replace(ANSI, "").replace(/\r\n?/g, "\n").replace(
    HIDDEN,
    (c) => `‹U+${/** @type {number} */ (c.codePointAt(0)).toString(16).toUpperCase().padStart(4, "0")}›`,
  );
}

/**
 * `cleanText` for every string in a JSON value. All that the server says comes through here, so no view can forget it.
 *
 * @template T
 * @param {T} value
 * @returns {T}
 */
export function cleanValue(value) {
  return /** @type {T} */ (cleaned(value));
}

/** @param {unknown} value @returns {unknown} */
function cleaned(value) {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleaned(item)]));
}

/**
 * The address when it is one to follow (http, https, mailto, or a path on this server), else `null`.
 *
 * @param {string} href
 */
export function safeHref(href) {
  let url;
  try {
    url = new URL(href, "https://relative.invalid/");
  } catch {
    return null; // not an address: shown as text
  }
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) return null;
  return url.hostname === "relative.invalid" && !/^[/?#]/.test(href) ? null : href;
}
