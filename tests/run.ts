/**
 * The test command: runs every test file in a process of its own, several at a time, shows what each printed when it
 * ends, those that failed last, and closes with one plain line `N passed, N failed[, N skipped]`. With `CI=true` a
 * skipped test is a failure, but for those of the executable where there is none: that is said loudly, with the reason
 * in `AUTOPILOT_TEST_NO_BINARY`. Flags go to `deno test`; paths narrow the run. `DENO_JOBS`: how many at a time.
 */

import { join, relative, resolve } from "node:path";
import { parseJunit, type TestCase } from "./support/junit.ts";

/** A run that takes longer hangs: the whole suite has ten minutes. */
const LIMIT_MS = 20 * 60_000;
/** They take longest, longest first. */
const SLOW = [
  "tests/store/postgres_test.ts",
  "tests/cli/demo_test.ts",
  "tests/crash/matrix_test.ts",
  "tests/soak/soak_test.ts",
  "tests/browser/changes_test.ts",
  "tests/browser/axe_test.ts",
  "tests/runner/checks_test.ts",
  "tests/process/claude_test.ts",
];
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

/** What came of one file. */
interface FileResult {
  /** Relative to the project. */
  file: string;
  status: Deno.CommandStatus;
  output: string;
  cases: TestCase[];
  seconds: number;
}

async function main(args: string[]): Promise<number> {
  const paths = args.filter((arg) => !arg.startsWith("-")).map((path) => resolve(path));
  const flags = args.filter((arg) => arg.startsWith("-"));
  const files = (await Promise.all((paths.length === 0 ? [join(ROOT, "tests")] : paths).map(testFiles)))
    .flat();
  const waiting = inOrder(files.map((file) => relative(ROOT, file)));
  const folder = await Deno.makeTempDir({ prefix: "autopilot-tests-" });
  const stopped = AbortSignal.timeout(LIMIT_MS);
  const results: FileResult[] = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined && !stopped.aborted; file = waiting.shift()) {
      const result = await runFile(file, flags, join(folder, crypto.randomUUID()), stopped);
      results.push(result);
      const how = result.status.success ? "" : ": FAILED, see the end";
      print(`[${results.length}/${files.length}] ${file} (${result.seconds.toFixed(1)} s)${how}`);
      if (result.status.success) print(result.output);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs() }, work));
    for (const { status, output } of results) if (!status.success) print(output);
    if (stopped.aborted) {
      print(
        `After ${LIMIT_MS / 60_000} minutes the run was ended; not begun: ${waiting.join(", ") || "none"}`,
      );
    }
    return verdict(results, stopped.aborted);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Tests wait more than they compute, so one more than there are processors. */
function jobs(): number {
  const given = Number(Deno.env.get("DENO_JOBS"));
  return Number.isInteger(given) && given > 0 ? given : navigator.hardwareConcurrency + 1;
}

/** What takes long begins first, so that nothing runs alone at the end. */
function inOrder(files: string[]): string[] {
  const rank = (file: string) => SLOW.includes(file) ? SLOW.indexOf(file) : SLOW.length;
  return files.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * A process per file: what a file leaves behind ends with it, and starting programs stays cheap. The start of a process
 * copies the tables of its parent's memory, and one process with all tests grew to many hundred megabytes.
 */
async function runFile(
  file: string,
  flags: string[],
  report: string,
  stopped: AbortSignal,
): Promise<FileResult> {
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--quiet", `--junit-path=${report}`, ...flags, file],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = () => child.kill("SIGKILL");
  stopped.addEventListener("abort", kill);
  void child.status.then(() => stopped.removeEventListener("abort", kill));
  const { stdout, stderr, ...status } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  const output = [text(stdout), text(stderr)].filter((part) => part !== "").join("\n") + "\n";
  return {
    file,
    status,
    output,
    // A test's own place may be a helper that several files share.
    cases: (await casesOf(report)).map((one) => ({ ...one, file })),
    seconds: (performance.now() - started) / 1000,
  };
}

async function casesOf(report: string): Promise<TestCase[]> {
  try {
    return parseJunit(await Deno.readTextFile(report));
  } catch (error) {
    // No report is written when the file does not compile or the process is killed: the exit code tells as well.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Prints the closing lines; the result is the exit code. */
function verdict(results: readonly FileResult[], cut: boolean): number {
  const cases = results.flatMap(({ cases }) => cases);
  const count = (wanted: TestCase["verdict"]) => cases.filter(({ verdict }) => verdict === wanted).length;
  const skipped = cases.filter(({ verdict }) => verdict === "skipped");
  let failed = count("failed");

  for (const { file, name, verdict } of cases) if (verdict === "failed") print(`Failed: ${file}: ${name}`);
  for (const { file, status, cases } of results) {
    if (status.success || cases.some(({ verdict }) => verdict === "failed")) continue;
    // A file that does not compile or throws while it is loaded is no test case.
    print(`Failed: ${file}: no test, yet it ended with ${status.signal ?? `code ${status.code}`}: see above`);
    failed++;
  }
  if (cases.length === 0 && failed === 0) print("No test was found.");
  if (failed === 0 && (cases.length === 0 || cut)) failed = 1;
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
