// @ts-check
/** Sees the list in a pasted text, so that each of its items can become an issue. */

/** @typedef {{ title: string, body: string }} ListItem */

/** As long as a title may be, and as many as one paste files. */
const MAX_TITLE = 300;
const MAX_ITEMS = 50;

/** A bullet, a number or a box to tick, and what follows. */
const ITEM = /^(?<indent>[ \t]*)(?:[-*+•–]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?<text>\S.*)$/;

/**
 * The items of a list: what is indented below one is its text. `null` when the text is no list of at least two.
 *
 * @param {string} text
 * @param {boolean} plain whether lines without bullets count as items, too
 * @returns {readonly ListItem[] | null}
 */
export function itemsIn(text, plain) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n").filter((line) => line.trim() !== "");
  const marked = lines.length > 0 && ITEM.test(lines[0]);
  if (!marked && !plain) return null;
  const margin = indentOf(lines[0] ?? "");
  /** @type {{ title: string, lines: string[] }[]} */
  const items = [];
  for (const line of lines) {
    const deeper = indentOf(line) > margin;
    const item = ITEM.exec(line);
    if (!deeper && (item === null ? marked : false)) return null; // prose among the items: it is a text, not a list
    if (deeper && items.length > 0) items[items.length - 1].lines.push(line);
    else items.push({ title: (item?.groups?.text ?? line).trim(), lines: [] });
  }
  if (items.length < 2 || items.length > MAX_ITEMS) return null;
  return items.map(({ title, lines }) => ({
    title: title.length <= MAX_TITLE ? title : `${title.slice(0, MAX_TITLE - 1)}…`,
    body: [...title.length <= MAX_TITLE ? [] : [title], outdent(lines)].filter((part) => part !== "").join(
      "\n\n",
    ),
  }));
}

/** @param {string} line */
const indentOf = (line) => /^[ \t]*/.exec(line)?.[0].replaceAll("\t", "    ").length ?? 0;

/** @param {readonly string[]} lines */
function outdent(lines) {
  const least = Math.min(...lines.map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0));
  return lines.map((line) => line.slice(least)).join("\n");
}
