/** What a page in Markdown tells the reader to type, and what it points to. */

export interface Block {
  /** Path from the project's root. */
  page: string;
  line: number;
  /** As after the fence; empty for a picture of characters. */
  language: string;
  text: string;
}

/** The fenced blocks of a page. */
export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const [i, line] of text.split("\n").entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) {
      if (open !== null) open.text += `${line}\n`;
    } else if (open === null) open = { page, line: i + 1, language: fence[1], text: "" };
    else {
      blocks.push(open);
      open = null;
    }
  }
  if (open !== null) throw new Error(`${page}:${open.line}: the block has no end`);
  return blocks;
}

/** The commands of a block for a shell: lines that end with a backslash go on; comments and empty lines are none. */
export function commandsOf({ text }: Block): string[] {
  return text.replaceAll(/\\\n\s*/g, "").split("\n")
    .map((line) => line.replace(/(^|\s)# .*$/, "").trim())
    .filter((line) => line !== "");
}

/** Names by which GitHub reaches a page's headings. */
export function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, words]) =>
      words.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
    ),
  );
}

/** Targets of links and pictures that are in the project: `docs/data.md#backup`. */
export function linksOf(text: string): string[] {
  const plain = text.replaceAll(/^```[^]*?^```$/gm, "");
  return [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to).filter((to) => !/^[a-z]+:/.test(to));
}

/** Code within the text, as it stands between the backticks. */
export function codesOf(text: string): string[] {
  return [...text.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
}
