/**
 * The test command: runs every test in parallel, shows the output as it comes, and ends with one plain line
 * `N passed, N failed[, N skipped]`. With `CI=true` a skipped test is a failure, but for those of the executable where
 * there is none: that is said loudly, with the reason in `AUTOPILOT_TEST_NO_BINARY`. Arguments go to `deno test`; paths among them narrow the run.
 */

import { join, resolve } from "node:path";
import { parseJunit, type TestCase } from "./support/junit.ts";

/** A run that takes longer hangs: the whole suite has ten minutes. */
const LIMIT_MS = 20 * 60_000;
/** They may be left out, and say so, on a machine on which no executable can be made. */
const BINARY_TESTS = /(^|\/)tests\/binary\//;
const NO_BINARY = /\(left out: AUTOPILOT_TEST_BINARY names no executable\)$/;
const ROOT = resolve(import.meta.dirname!, "..");

async function testFiles(path: string): Promise<string[]> {
  if ((await Deno.stat(path)).isFile) return [path];
  const found: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    const inner = join(path, entry.name);
    if (entry.isDirectory) found.push(...await testFiles(inner));
    else if (entry.name.endsWith("_test.ts")) found.push(inner);
  }
  return found.sort();
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

async function main(args: string[]): Promise<number> {
  const paths = args.filter((arg) => !arg.startsWith("-")).map((path) => resolve(path));
  const flags = args.filter((arg) => arg.startsWith("-"));
  const files = (await Promise.all((paths.length === 0 ? [join(ROOT, "tests")] : paths).map(testFiles)))
    .flat();
  const folder = await Deno.makeTempDir({ prefix: "autopilot-tests-" });
  try {
    const report = join(folder, "report.xml");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--parallel", `--junit-path=${report}`, ...flags, ...files],
      cwd: ROOT,
      stdin: "null",
    }).spawn();
    const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    const status = await child.status;
    clearTimeout(limit);
    return verdict(status, await casesOf(report));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function casesOf(report: string): Promise<TestCase[]> {
  try {
    return parseJunit(await Deno.readTextFile(report));
  } catch (error) {
    // No report is written when a file does not compile or the runner is killed: the exit code tells as well.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Prints the closing lines; the result is the exit code. */
function verdict(status: Deno.CommandStatus, cases: TestCase[]): number {
  const count = (wanted: TestCase["verdict"]) => cases.filter(({ verdict }) => verdict === wanted).length;
  const skipped = cases.filter(({ verdict }) => verdict === "skipped");
  let failed = count("failed");

  print("");
  if (!status.success && failed === 0) {
    // A file that does not compile or throws while it is loaded is no test case.
    const how = status.signal ?? `code ${status.code}`;
    print(`No test failed, yet the test runner ended with ${how}: see above.`);
    failed = 1;
  }
  if (cases.length === 0 && failed === 0) {
    print("No test was found.");
    failed = 1;
  }
  const strict = Deno.env.get("CI") === "true";
  const no_binary = Deno.env.get("AUTOPILOT_TEST_NO_BINARY") || "AUTOPILOT_TEST_BINARY names none";
  const excused = skipped.filter(({ file, name }) => BINARY_TESTS.test(file) && NO_BINARY.test(name));
  const others = skipped.filter((one) => !excused.includes(one));
  if (excused.length > 0) print(`!! The executable was not tested: ${no_binary}`);
  for (const { file, name } of excused) print(`  ${file}: ${name}`);
  if (others.length > 0) {
    print(strict ? "Skipped, which CI=true does not allow:" : "Skipped (the name says why):");
  }
  for (const { file, name } of others) print(`  ${file}: ${name}`);
  print(
    `${count("passed")} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`,
  );
  return failed > 0 || (strict && others.length > 0) ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
