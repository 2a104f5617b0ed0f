/** The server: opens what it needs in order, listens, and closes in the reverse order. */

import { createApp } from "../api/app.ts";
import type { AssetOptions, Assets } from "../api/assets/assets.ts";
import { systemClock } from "../clock.ts";
import { authOn, type Config, describeConfig } from "../config.ts";
import { messageOfError } from "../domain/errors.ts";
import { redactor, secretsOf } from "../domain/redact.ts";
import { SYSTEM } from "../domain/event.ts";
import { startFeed } from "../events/feed.ts";
import { armFailpoint } from "../failpoint.ts";
import { loggerOf } from "../log.ts";
import { openBlobs } from "../store/blobs.ts";
import { uploadsFolder, useDataFolder } from "./data_folder.ts";
import { openDatabase, StartError } from "./open_data.ts";
import type { Store } from "../store/store.ts";
import { boardBase, ownUrl } from "./own_url.ts";
import { lazyDiff } from "./open_diff.ts";
import { openRunner } from "./open_runner.ts";
import { HandRuns } from "../runner/hand_runs.ts";
import { systemTimers } from "../runner/timers.ts";
import type { Runner } from "../runner/service.ts";
import type { RunnerParts } from "./start_runner.ts";

export interface Serving {
  /** `http://127.0.0.1:8787`, and the base path */
  url: string;
  /** How to log in; `null` while that is not needed. `link`: only while nobody ever has. */
  login: { link: string | null } | null;
  /** Ends the agents and keeps their work, closes the sockets, answers what was asked, closes the database. */
  stop(): Promise<void>;
}

/** Not read before somebody asks: see command_line.ts. */
const LATE_ASSETS = "../api/assets/assets.ts";
const LATE_LINK = "./make_link.ts";

export interface ServeOptions {
  version: string;
  /** The server's own environment. */
  host_env: Record<string, string>;
  /** Makes the runner in place of the one that the options ask for. */
  openRunner?(parts: RunnerParts): Promise<Runner>;
  /** Called with every request. */
  onVisit?(): void;
}

/** How long requests under way may take when the server stops, in milliseconds. */
const DRAIN_MS = 5_000;

/**
 * Starts the server; it listens when the promise resolves.
 *
 * @throws {StartError} when the data folder, the database, the port or the runner's parts can't be used
 */
export async function serve(
  config: Config,
  { version, host_env, ...extras }: ServeOptions,
): Promise<Serving> {
  const log = loggerOf("server");
  if (config.failpoint !== "") armFailpoint(config.failpoint);
  log.debug("Options: {options}", { options: describeConfig(config) });
  await using opened = new AsyncDisposableStack();

  opened.use(await useDataFolder(config.data));
  const store = opened.use(await openDatabase(config));
  const blobs = await openBlobs(uploadsFolder(config.data));
  const feed = opened.use(await startFeed(store));

  const by_hand = opened.use(
    new HandRuns({
      store,
      clock: systemClock,
      timers: systemTimers,
      onEvents: (listener) => feed.subscribe(listener),
    }),
  );
  by_hand.start();

  let port = config.port;
  const board_url = () => ownUrl(config.host, port) + config.base_path;
  const parts = { config, store, blobs, feed, host_env, board_url };
  const runner = extras.openRunner !== undefined
    ? await extras.openRunner(parts)
    : config.runner
    ? await openRunner(parts)
    : null;
  const app = createApp({
    store,
    blobs,
    feed,
    clock: systemClock,
    redact: redactor(secretsOf(host_env)),
    runner: runner?.status ?? null,
    diff: lazyDiff(config, host_env),
    assets: lazyAssets({ frame_ancestors: config.embed_origins, base: config.base_path }),
    options: {
      host: config.host,
      port: () => port,
      origins: config.origins,
      embed_origins: config.embed_origins,
      base_path: config.base_path,
      trusted_proxies: config.trusted_proxies,
      auth: authOn(config),
      version,
      feedback_origins: config.feedback_origins,
      feedback_per_day: config.feedback_per_day,
      max_uploads_bytes: config.max_uploads_mb * 1024 * 1024,
    },
  });
  const { onVisit } = extras;
  const server = listen(
    config,
    onVisit === undefined ? app.fetch : (request, info) => {
      onVisit();
      return app.fetch(request, info);
    },
  );
  port = server.addr.port;
  opened.defer(() => drain(server, () => app.close()));
  if (runner !== null) {
    opened.defer(() => runner.stop());
    await runner.start();
    log.info("Agents work in {workdir}", { workdir: config.workdir });
  }
  if (config.auth === "off") {
    log.warn(
      "LOGINS ARE OFF (AUTOPILOT_AUTH=off): every program and every user of this machine can " +
        (runner === null
          ? "read and change the board"
          : "hand work to the agents, which act with your rights"),
    );
  }
  const login = authOn(config) ? await firstLogin(store, boardBase(config, port)) : null;

  const resources = opened.move();
  return {
    url: board_url(),
    login,
    stop: () => resources.disposeAsync(),
  };
}

/** How long the link of a first start works, in hours. */
const FIRST_LINK_HOURS = 24;

/** Until somebody has logged in, every start prints a link; the one of the start before ends. */
async function firstLogin(store: Store, base: string): Promise<{ link: string | null }> {
  if (await store.tokens.adminExists()) return { link: null };
  // Only a first start needs it, and what it loads takes a while.
  const { makeLoginLink } = await import(LATE_LINK) as typeof import("./make_link.ts");
  await store.tokens.withdrawLinks(SYSTEM);
  const options = { base, name: "admin", scope: "admin", hours: FIRST_LINK_HOURS, actor: SYSTEM } as const;
  return { link: (await makeLoginLink(store, options)).url };
}

/** Loading and hashing the pages would delay the start; the first visitor waits for it instead. */
function lazyAssets(options: AssetOptions): Assets {
  let made: Promise<Assets> | null = null;
  return async (request) => {
    made ??= (import(LATE_ASSETS) as Promise<typeof import("../api/assets/assets.ts")>).then((
      { createAssets },
    ) => createAssets(options));
    return await (await made)(request);
  };
}

function listen(config: Config, handler: Deno.ServeHandler<Deno.NetAddr>): Deno.HttpServer<Deno.NetAddr> {
  const hostname = config.host.replace(/^\[|\]$/g, "");
  try {
    return Deno.serve({ hostname, port: config.port, onListen: () => {} }, handler);
  } catch (error) {
    const where = `port ${config.port} of ${config.host}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new StartError(
        `Can't listen on ${where}: another program does. Is Autopilot running already? Stop it, or take another ` +
          "port with --port",
        { cause: error },
      );
    }
    throw new StartError(`Can't listen on ${where}: ${messageOfError(error)}`, { cause: error });
  }
}

/** Lets requests under way finish, for a bounded time. */
async function drain(server: Deno.HttpServer, closeSockets: () => Promise<void>): Promise<void> {
  const finished = server.shutdown();
  await closeSockets();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), DRAIN_MS));
  if (await Promise.race([finished, late]) === "late") {
    loggerOf("server").warn("Some requests did not end within {seconds} s and are cut off", {
      seconds: DRAIN_MS / 1000,
    });
  }
  clearTimeout(timer);
}
