/** Runs a command line: parses it, makes what the command works with, turns failures into messages and exit codes. */

import { type Config, ConfigError } from "../config.ts";
import type { Build, CommandContext } from "./command.ts";
import { CommandError, EXIT, type ExitCode } from "./exit.ts";
import type { Call } from "./call.ts";
import { commandTable, parseCommandLine } from "./command_line.ts";
import { loadConfig } from "./load_config.ts";
import { Printer } from "./printer.ts";

/** Not read by a server: see command_line.ts. */
const LATE_CLIENT = "./client.ts";

/** The whole program but its end: answers the exit code. */
export async function runCommandLine(
  args: readonly string[],
  { env, build }: { env: Record<string, string>; build: Build },
): Promise<ExitCode> {
  const out = new Printer(Deno.stdout, env);
  const err = new Printer(Deno.stderr, env);
  // The arguments themselves may be what is wrong.
  let json = args.includes("--json");
  try {
    const call = await parseCommandLine(args, versionLine(build));
    if (call.kind === "print") {
      out.raw(call.text);
      return EXIT.ok;
    }
    json = call.json;
    return await call.command.run(contextOf(call, { env, build, out, err }), call.input);
  } catch (error) {
    const known = knownError(error);
    if (known === null) throw error;
    if (json) err.json({ error: known.message, code: known.code });
    else err.line(`autopilot: ${known.message}`);
    return known.exit;
  }
}

/** `0.1.0`, and in an executable `0.1.0 (1a2b3c4d5e6f, 2026-01-31)` */
export function versionLine({ version, commit, built_at }: Build): string {
  return commit === "" ? version : `${version} (${commit}, ${built_at.slice(0, 10)})`;
}

function knownError(error: unknown): { message: string; exit: ExitCode; code: string } | null {
  if (error instanceof ConfigError) return { message: error.message, exit: EXIT.usage, code: "usage" };
  if (error instanceof CommandError) return error;
  return null;
}

function contextOf(
  call: Call,
  { env, build, out, err }: { env: Record<string, string>; build: Build; out: Printer; err: Printer },
): CommandContext {
  const given = { flags: call.flags, config_file: call.config_file };
  let config: Promise<Config> | null = null;
  const context: CommandContext = {
    build,
    env,
    out,
    err,
    json: call.json,
    given,
    commands: commandTable,
    config: () => config ??= loadConfig(given, env),
    async client() {
      const { createClient } = await import(LATE_CLIENT) as typeof import("./client.ts");
      const { url, token, host, port, base_path } = await context.config();
      return createClient({
        url: url === "" ? localUrl(host, port) + base_path : url.replace(/\/+$/, ""),
        token,
      });
    },
    readInput: async () => await new Response(Deno.stdin.readable).text(),
  };
  return context;
}

/** Where this machine's server listens, by its options. */
function localUrl(host: string, port: number): string {
  const name = ["0.0.0.0", "::", "[::]"].includes(host) ? "127.0.0.1" : host.replace(/^\[|\]$/g, "");
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
