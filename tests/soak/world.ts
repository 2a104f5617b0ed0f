/** Two servers on one database and one data folder, which die and come back. */

import { join } from "node:path";
import { endProcessesNaming } from "../support/processes.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";
import { type Answer, type ServerOptions, startServer, type TestServer } from "../support/server.ts";

const SCRIPTED_CLAUDE = new URL("../fixtures/bin/scripted-claude", import.meta.url).pathname;
const AGENTS_PER_SERVER = 4;

export interface World extends AsyncDisposable {
  readonly repo: TestRepo;
  readonly data: string;
  readonly tally: { kills: number; stops: number; restarts: number };
  /** Asks a server that answers. Throws when none does for long. */
  api<T>(path: string, init?: RequestInit & { json?: unknown }): Promise<Answer<T>>;
  /** One after the other dies, by SIGKILL mostly, and comes back a moment later, until the time is over. */
  chaos(until: number): Promise<void>;
  /** Stops all servers well. */
  stopAll(): Promise<void>;
  /** One server more: a board alone, or one that clears up. The others must have stopped. */
  lastServer(options: { runner: boolean }): Promise<TestServer>;
}

export async function makeWorld(): Promise<World> {
  const repo = await makeRepo({ "README.md": "# Project\n" });
  const data = join(repo.dir, "data");
  const options = (name: string): ServerOptions => ({
    data,
    env: {
      ...repo.env,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_WORKDIR: repo.path,
      AUTOPILOT_CLAUDE_BIN: SCRIPTED_CLAUDE,
      AUTOPILOT_CONCURRENCY: String(AGENTS_PER_SERVER),
      AUTOPILOT_AGENT_ID: name,
      AUTOPILOT_SILENCE_MINUTES: "0.1",
      AUTOPILOT_PASS_ENV: "TEST_FOLDER",
      TEST_FOLDER: repo.dir,
    },
  });
  const slots: Slot[] = [];
  for (const name of ["first", "second"]) {
    slots.push({ options: options(name), server: await startServer(options(name)) });
  }
  const tally = { kills: 0, stops: 0, restarts: 0 };
  return {
    repo,
    data,
    tally,
    api: (path, init) => ask(slots, path, init),
    async chaos(until) {
      for (let n = 0; Date.now() < until; n++) {
        await sleep(2_000 + Math.random() * 6_000);
        const slot = slots[n % slots.length];
        // One death in six is an orderly stop.
        if (Math.random() < 5 / 6) {
          tally.kills++;
          await end(slot, (server) => server.kill());
        } else {
          tally.stops++;
          await end(slot, (server) => server.stop());
        }
        await sleep(Math.random() * 3_000);
        slot.server = await startServer(slot.options);
        tally.restarts++;
      }
    },
    stopAll: async () => {
      await Promise.all(slots.map((slot) => end(slot, (server) => server.stop())));
    },
    lastServer: ({ runner }) => {
      const { env, ...rest } = options("last");
      return startServer({ ...rest, env: { ...env, AUTOPILOT_RUNNER: runner ? "1" : "0" } });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(slots.map((slot) => end(slot, (server) => server.kill())));
      await endProcessesNaming(repo.dir);
      await repo[Symbol.asyncDispose]();
    },
  };
}

interface Slot {
  options: ServerOptions;
  /** `null` between two lives. */
  server: TestServer | null;
}

async function end(slot: Slot, how: (server: TestServer) => Promise<unknown>): Promise<void> {
  const server = slot.server;
  if (server === null) return;
  slot.server = null;
  await how(server);
  await server[Symbol.asyncDispose]();
}

const TRIES = 200;

async function ask<T>(
  slots: Slot[],
  path: string,
  init?: RequestInit & { json?: unknown },
): Promise<Answer<T>> {
  let last: unknown = null;
  for (let tries = 0; tries < TRIES; tries++) {
    const server = slots[tries % slots.length].server;
    try {
      if (server !== null) return await server.api<T>(path, init);
    } catch (error) {
      // It died before it could answer: the other one is asked.
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`No server answered ${path}`, { cause: last });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
