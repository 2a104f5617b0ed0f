/** Reads the JUnit report that `deno test --junit-path` writes. */

export interface TestCase {
  file: string;
  name: string;
  verdict: "passed" | "failed" | "skipped";
}

/**
 * The test cases of a report. Steps of a test do not count on their own: their test fails with them.
 *
 * @throws {Error} when the text is no such report, or says another number of cases than it holds
 */
export function parseJunit(xml: string): TestCase[] {
  const total = /<testsuites [^>]*\btests="(\d+)"/.exec(xml)?.[1];
  if (total === undefined || !xml.trimEnd().endsWith("</testsuites>")) {
    throw new Error("The test report is no complete JUnit report");
  }
  const all: TestCase[] = [];
  for (const [, attributes, body] of xml.matchAll(/<testcase ([^>]*)>([\s\S]*?)<\/testcase>/g)) {
    all.push({
      file: attribute(attributes, "classname"),
      name: attribute(attributes, "name"),
      verdict: /<(failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed",
    });
  }
  if (all.length !== Number(total)) {
    throw new Error(`The test report speaks of ${total} cases but holds ${all.length}`);
  }
  const names = new Map<string, Set<string>>();
  for (const { file, name } of all) names.set(file, (names.get(file) ?? new Set()).add(name));
  return all.filter(({ file, name, verdict }) => verdict === "skipped" || !isStep(name, names.get(file)!));
}

function isStep(name: string, siblings: ReadonlySet<string>): boolean {
  for (let at = name.indexOf(" > "); at !== -1; at = name.indexOf(" > ", at + 1)) {
    if (siblings.has(name.slice(0, at))) return true;
  }
  return false;
}

function attribute(attributes: string, name: string): string {
  const found = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes);
  if (found === null) throw new Error(`The test report has a case without ${name}: ${attributes}`);
  return found[1].replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}
