/**
 * Makes the executable: `deno task compile [--target <target>]… [--output <path>]`. Without a target it is for this
 * platform, in `dist/autopilot`. `COMPILE_DENO` names another Deno to compile with.
 */

import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../deno.json" with { type: "json" };
import { buildArgument } from "../src/cli/build.ts";
import { lateModules } from "./late.ts";
import { OWN, TARGETS } from "./targets.ts";
import { writeTrimmed } from "./trimmed.ts";

const ROOT = resolve(import.meta.dirname!, "..");

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    print(`compile: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: "string", multiple: true },
      output: { type: "string", short: "o" },
      all: { type: "boolean" },
    },
  });
  const targets = values.all ? Object.keys(TARGETS) : values.target ?? [OWN];
  const unknown = targets.find((target) => !(target in TARGETS));
  if (unknown !== undefined) {
    throw new Error(`--target ${unknown} is not known: it is one of ${Object.keys(TARGETS).join(", ")}`);
  }
  if (values.output !== undefined && targets.length > 1) throw new Error("--output is for one target");

  const deno = Deno.env.get("COMPILE_DENO") || Deno.execPath();
  const build = buildArgument(await provenance());
  const folder = await Deno.makeTempDir({ prefix: "autopilot-compile-" });
  try {
    const config = await writeTrimmed(ROOT, folder, deno);
    for (const target of targets) {
      const output = resolve(
        values.output ?? join(ROOT, "dist", nameOf(target, values.target !== undefined)),
      );
      await Deno.mkdir(dirname(output), { recursive: true });
      await compile({ deno, config, target, output, build });
      print(`${output}: ${((await Deno.stat(output)).size / 1e6).toFixed(0)} MB`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function compile(
  { deno, config, target, output, build }: {
    deno: string;
    config: string;
    target: string;
    output: string;
    build: string;
  },
): Promise<void> {
  await run(deno, [
    "compile",
    "--quiet",
    "--no-check",
    "--frozen",
    `--config=${config}`,
    "--permission-set=binary",
    // A named target would make Deno look for a base of its own even where DENORT_BIN gives one.
    ...target === OWN ? [] : [`--target=${TARGETS[target].triple}`],
    `--output=${output}`,
    ...(await lateModules(join(ROOT, "src"))).map((path) => `--include=${path}`),
    join(ROOT, "main.ts"),
    build,
  ]);
  if (target !== OWN) return;
  const said = await run(output, ["--version"]);
  if (!said.startsWith(`${manifest.version} (`)) {
    throw new Error(`${output} was made but says of itself: ${said.trim()}`);
  }
}

/** `autopilot`, and with a named target `autopilot-linux-x64` */
function nameOf(target: string, named: boolean): string {
  const extension = target.startsWith("windows") ? ".exe" : "";
  return `autopilot${named || target !== OWN ? `-${target}` : ""}${extension}`;
}

/** The commit of the sources, marked when files differ from it, and now (or `SOURCE_DATE_EPOCH`). */
async function provenance(): Promise<{ commit: string; built_at: string }> {
  const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
  const built_at = (epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)).toISOString();
  const git = (...args: string[]) => run("git", ["-C", ROOT, ...args]);
  try {
    const commit = (await git("rev-parse", "HEAD")).trim().slice(0, 12);
    const changed = (await git("status", "--porcelain")).trim() !== "";
    return { commit: changed ? `${commit}-changed` : commit, built_at };
  } catch {
    // An archive of the sources is no checkout.
    return { commit: "unknown", built_at };
  }
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${program} ${args.join(" ")} failed:\n${text(stderr)}${text(stdout)}`);
  return text(stdout);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}
