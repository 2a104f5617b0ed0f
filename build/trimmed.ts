/**
 * The configuration that an executable is compiled with: deno.json and deno.lock without the packages that only
 * tests and types need. Deno embeds every package of the lock file, whether the program imports it or not.
 */

import { join } from "node:path";

interface Manifest {
  imports: Record<string, string>;
  [key: string]: unknown;
}

interface Lock {
  npm?: Record<string, { integrity?: string }>;
}

/** What deno.json holds for work on the sources only. */
const ONLY_SOURCES = ["workspace", "tasks", "fmt", "lint", "test", "exports"];

/** Writes both files into the folder; answers the path of the configuration. */
export async function writeTrimmed(root: string, folder: string, deno: string): Promise<string> {
  const manifest: Manifest = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const used = await importsOf(join(root, "main.ts"), root, deno);
  const kept = Object.entries(manifest.imports).filter(([name]) =>
    [...used].some((specifier) => specifier === name || specifier.startsWith(`${name}/`))
  );
  const rest = Object.fromEntries(Object.entries(manifest).filter(([key]) => !ONLY_SOURCES.includes(key)));
  const config = join(folder, "deno.json");
  await Deno.writeTextFile(
    config,
    JSON.stringify({ ...rest, imports: Object.fromEntries(kept), lock: { path: "./deno.lock" } }),
  );
  const lock = await Deno.readTextFile(join(root, "deno.lock"));
  await Deno.writeTextFile(join(folder, "deno.lock"), lock);
  // Takes out of the lock file what the configuration does not name any more.
  await output(deno, ["install", "--quiet", "--frozen=false"], folder);
  assertPinned(JSON.parse(lock), JSON.parse(await Deno.readTextFile(join(folder, "deno.lock"))));
  return config;
}

/** Nothing may come in that the project's own lock file does not hold. */
function assertPinned(full: Lock, trimmed: Lock): void {
  const packages = Object.entries(trimmed.npm ?? {});
  if (packages.length === 0) throw new Error("The lock file lost all its packages");
  for (const [name, { integrity }] of packages) {
    if (integrity === undefined || full.npm?.[name]?.integrity !== integrity) {
      throw new Error(`${name} is not what deno.lock holds`);
    }
  }
}

/** What the program's modules import when it runs, as written. */
async function importsOf(entry: string, root: string, deno: string): Promise<Set<string>> {
  const graph: {
    modules: { dependencies?: { specifier: string; code?: unknown }[] }[];
  } = JSON.parse(await output(deno, ["info", "--json", entry], root));
  const used = new Set<string>();
  for (const { dependencies = [] } of graph.modules) {
    for (const { specifier, code } of dependencies) if (code !== undefined) used.add(specifier);
  }
  return used;
}

async function output(program: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null" }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
}
