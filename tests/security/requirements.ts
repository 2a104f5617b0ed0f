/** The security requirements and the tests that attack them, found by the tests' names: `S11 …`, `S15, S19 …`. */

import { join, relative } from "node:path";

/** In a line each; the long form is what the tests attack. */
export const REQUIREMENTS: Readonly<Record<string, string>> = {
  S1: "Open only where nothing can be started",
  S2: "Tokens, login link, sessions, revocation",
  S3: "Every route wants a credential but for a public list",
  S4: "Host: no DNS rebinding",
  S5: "Origin and Fetch Metadata: no foreign page writes",
  S6: "WebSocket: no foreign page connects",
  S7: "Rate limits, trusted proxies",
  S8: "Caps on bodies, headers, time and sockets",
  S9: "Content Security Policy of every page",
  S10: "Markdown and every other text is inert",
  S11: "Attachments: typed by their bytes, sandboxed, bounded",
  S12: "Terminal sequences and hidden characters are shown or taken out",
  S13: "Only people promote, answer and move",
  S14: "Texts of strangers are fenced data, in a narrow profile",
  S15: "What agents say is capped, neutral and without secrets",
  S16: "Agents live in a sandbox",
  S17: "Agents get no credential of the server",
  S18: "The repository is hostile input",
  S19: "Arguments are arrays, names are checked",
  S20: "Limits of a run, and an end that leaves nothing",
  S21: "Root, and versions of the agent that are too old",
  S22: "Files are for their owner; webhooks go nowhere private",
  S23: "Audit: who did what by which credential",
};

const ROOT = new URL("../../", import.meta.url).pathname;
/** A string that begins with numbers of requirements: in these files only names of tests do. */
const NAMED = /["'`]((?:S\d{1,2}, )*S\d{1,2}) ((?:[^"'`\\\n]|\\.|(?<=")[^"]|')*)/g;

export interface NamedTest {
  requirements: string[];
  name: string;
  /** Relative to the project. */
  file: string;
}

export async function namedTests(folder = join(ROOT, "tests")): Promise<NamedTest[]> {
  const found: NamedTest[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await namedTests(path));
    else if (name.endsWith("_test.ts")) found.push(...testsIn(await Deno.readTextFile(path), path));
  }
  return found;
}

function testsIn(text: string, path: string): NamedTest[] {
  return [...text.matchAll(NAMED)].map(([, numbers, name]) => ({
    requirements: numbers.split(", "),
    name,
    file: relative(ROOT, path),
  }));
}

/** Requirement → its tests, in the order of the requirements. */
export function byRequirement(tests: readonly NamedTest[]): Map<string, NamedTest[]> {
  return new Map(
    Object.keys(REQUIREMENTS).map((id) => [id, tests.filter((test) => test.requirements.includes(id))]),
  );
}

/** The table for people. */
export function tableOf(tests: readonly NamedTest[]): string {
  return [...byRequirement(tests)].flatMap(([id, own]) => [
    `${id.padEnd(4)} ${REQUIREMENTS[id]} (${own.length})`,
    ...own.map(({ name, file }) => `       ${name}  [${file}]`),
  ]).join("\n");
}
