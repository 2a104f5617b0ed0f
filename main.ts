/** Autopilot's start: options, logging, the server, signals, exit codes. */

import manifest from "./deno.json" with { type: "json" };
import { parseCommandLine } from "./src/cli/command_line.ts";
import { loadConfig } from "./src/cli/load_config.ts";
import { configureLogging } from "./src/cli/logging.ts";
import { serve, StartError } from "./src/cli/serve.ts";
import { ConfigError } from "./src/config.ts";
import { loggerOf } from "./src/log.ts";

/** What the process answers: 2 for options that can't be used, 1 for everything else that went wrong. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
const SIGNALS = Deno.build.os === "windows"
  ? { SIGINT: 2, SIGBREAK: 21 } as const
  : { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

async function main(args: string[], env: Record<string, string>): Promise<number> {
  const command = await parseCommandLine(args, manifest.version);
  if (command.kind === "print") {
    print(Deno.stdout, command.text);
    return EXIT.ok;
  }
  const config = await loadConfig(command, env);
  await configureLogging(config);
  const signals = watchSignals();
  const serving = await serve(config, { version: manifest.version, host_env: env });
  print(Deno.stdout, `Autopilot ${manifest.version} is ready: ${serving.url}/autopilot\n`);
  const signal = await signals.first();

  const log = loggerOf("server");
  log.info("Stopping ({signal}); once more stops at once", { signal });
  await serving.stop();
  log.info("Stopped");
  return EXIT.ok;
}

/** One Ctrl-C may arrive several times: from the terminal, and from the programs that started this one. */
const ONE_PRESS_MS = 1_000;

/**
 * The first signal asks for an orderly stop. One while the server still starts, or another a moment later, ends the
 * process at once: the agents die with it, the sandbox sees to that.
 */
function watchSignals(): { first(): Promise<string> } {
  let ask: ((name: string) => void) | null = null;
  let asked_at = -Infinity;
  for (const [name, number] of Object.entries(SIGNALS)) {
    Deno.addSignalListener(name as Deno.Signal, () => {
      if (performance.now() - asked_at < ONE_PRESS_MS) return;
      if (ask === null) Deno.exit(128 + number);
      asked_at = performance.now();
      ask(name);
      ask = null;
    });
  }
  return { first: () => new Promise((resolve) => ask = resolve) };
}

function print(stream: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  stream.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args, Deno.env.toObject()));
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StartError) {
      print(Deno.stderr, `autopilot: ${error.message}\n`);
      Deno.exit(error instanceof ConfigError ? EXIT.usage : EXIT.failed);
    }
    throw error;
  }
}
