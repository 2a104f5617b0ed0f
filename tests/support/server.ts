/** Starts the real server as a process of its own, with its own data folder, and talks to it as a client does. */

import { join } from "node:path";
import type { Scope } from "../../src/domain/credential.ts";
import { readLines } from "../../src/process/lines.ts";
import { type Message, openSocket, type Socket } from "./socket.ts";
import { PATIENCE_MS, within } from "./wait.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Starts compete with the rest of the suite for the processors. */
const START_MS = 60_000;
const STOP_MS = 60_000;

export interface ServerOptions {
  /** Added to a small clean environment: PATH, HOME (a temporary folder), DENO_DIR. */
  env?: Record<string, string>;
  args?: string[];
  /** Permission flags of Deno. Default: the project's permission set for servers. */
  permissions?: string[];
  /** Programs that start the server's process, such as `unshare` with its arguments. */
  wrapper?: string[];
  /** An executable made by `deno task compile`, to be started instead of the sources; it brings its permissions. */
  executable?: string;
  /** A folder that outlives the server. Default: a temporary one that goes with it. */
  data?: string;
  /**
   * True: logins are on and login() was called, so api() and ws() are an admin's. Default: the environment decides;
   * where that says nothing, a server with a runner starts with `AUTOPILOT_AUTH=off`.
   */
  auth?: boolean;
}

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly data: string;
  /** From the start of the process to the line that says where it listens, in milliseconds. */
  readonly start_ms: number;
  /** Standard error so far: the log. */
  log(): string;
  /** Waits until the log matches. */
  logged(match: RegExp): Promise<void>;
  /** Asks `/api/autopilot<path>`; `json` is sent as body, by POST unless `method` says otherwise. */
  api<T = Record<string, unknown>>(path: string, init?: RequestInit & { json?: unknown }): Promise<Answer<T>>;
  ws(since?: number): Promise<Socket>;
  /** The link that a first start with logins prints; "" when it printed none. */
  readonly login_link: string;
  /**
   * Uses the first start's link up and mints a token of an admin; api(), ws() and waitFor() use it from then on.
   * `cookie` is the session's, as a request sends it.
   */
  login(): Promise<{ token: string; cookie: string }>;
  /** Mints a token; needs login() first. */
  mint(scope: Scope, more?: Record<string, unknown>): Promise<{ id: string; token: string }>;
  /** A fresh link that logs one browser in; needs login() first. Also: `page.goto(await server.newLoginLink())`. */
  newLoginLink(scope?: Scope): Promise<string>;
  /** The first event of the log, past or future, that matches. */
  waitFor(match: (event: Message) => boolean, what?: string): Promise<Message>;
  signal(signal: Deno.Signal): void;
  /** SIGTERM; the exit code. */
  stop(): Promise<number>;
  /** SIGKILL. */
  kill(): Promise<void>;
  readonly exited: Promise<Deno.CommandStatus>;
}

/** Starts a server and waits until it listens; fails with its log when it does not. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-server-" });
  const data = options.data ?? join(folder, "data");
  const server = new ServerProcess((await mainCommand(options, folder, data)).spawn(), folder, data);
  await server.listening();
  if (options.auth === true) await server.login();
  return server;
}

/** Runs the program where it ends by itself: help, or a start that must fail. */
export async function runMain(
  options: ServerOptions,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-server-" });
  try {
    const output = await (await mainCommand(options, folder, options.data ?? join(folder, "data"))).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The program with its options, as a command that was not started yet. */
export async function mainCommand(
  options: ServerOptions,
  folder: string,
  data: string,
  stdin: "null" | "piped" = "null",
): Promise<Deno.Command> {
  const sources = [
    Deno.execPath(),
    "run",
    "--quiet",
    "--cached-only",
    "--frozen",
    "--config",
    join(ROOT, "deno.json"),
    ...options.permissions ?? ["-P=server"],
    join(ROOT, "main.ts"),
  ];
  const [program, ...args] = [
    ...options.wrapper ?? [],
    ...options.executable === undefined ? sources : [options.executable],
    ...options.args ?? [],
  ];
  return new Deno.Command(program, {
    args,
    cwd: folder,
    clearEnv: true,
    env: {
      ...await cleanEnv(folder),
      AUTOPILOT_DATA: data,
      AUTOPILOT_PORT: "0",
      ...authEnv(options),
      ...options.env,
    },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

/** Most tests of runners are not about logins. */
function authEnv({ auth, env = {} }: ServerOptions): Record<string, string> {
  if (auth !== undefined) return { AUTOPILOT_AUTH: auth ? "on" : "off" };
  return ["1", "true", "on", "yes"].includes(env.AUTOPILOT_RUNNER ?? "") ? { AUTOPILOT_AUTH: "off" } : {};
}

/** What a program needs to run, and nothing of this machine's user. */
export async function cleanEnv(home: string): Promise<Record<string, string>> {
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    HOME: home,
    DENO_DIR: await denoDir(),
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

/** Another HOME would mean another, empty cache of modules. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

class ServerProcess implements TestServer {
  url = "";
  login_link = "";
  start_ms = 0;
  #token = "";
  readonly #started = performance.now();
  readonly pid: number;
  readonly exited: Promise<Deno.CommandStatus>;
  readonly #log: string[] = [];
  readonly #log_waits = new Set<() => void>();
  readonly #readers: Promise<void>;
  readonly #ready = Promise.withResolvers<string>();
  readonly #sockets = new Set<Socket>();
  #events: Promise<Socket> | null = null;
  #ended = false;

  constructor(readonly process: Deno.ChildProcess, readonly folder: string, readonly data: string) {
    this.pid = process.pid;
    this.exited = process.status.finally(() => this.#ended = true);
    this.#readers = Promise.all([this.#readOutput(), this.#readLog()]).then(() => {});
    // Whoever waits for the start hears of it; nobody does later.
    this.#ready.promise.catch(() => {});
  }

  async #readOutput(): Promise<void> {
    for await (const line of readLines(this.process.stdout)) {
      const url = /^Autopilot \S+ is ready: (http:\/\/\S+)\/autopilot$/.exec(line)?.[1];
      if (url !== undefined) {
        this.start_ms = performance.now() - this.#started;
        this.#ready.resolve(url);
      } else {
        this.login_link ||= /^Log in with this link, .*: (http\S+)$/.exec(line)?.[1] ?? "";
        this.#log.push(`[stdout] ${line}`);
      }
    }
    this.#ready.reject(new Error(`The server ended before it listened:\n${this.log()}`));
  }

  async #readLog(): Promise<void> {
    for await (const line of readLines(this.process.stderr)) {
      this.#log.push(line);
      this.#log_waits.forEach((check) => check());
    }
  }

  async logged(match: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => match.test(this.log()) && resolve();
    this.#log_waits.add(check);
    check();
    const missing = () => `The log never matched ${match}:\n${this.log()}`;
    await within(promise, PATIENCE_MS, missing).finally(() => this.#log_waits.delete(check));
  }

  log(): string {
    return this.#log.join("\n");
  }

  async listening(): Promise<void> {
    try {
      this.url = await within(
        this.#ready.promise,
        START_MS,
        () => `The server did not listen:\n${this.log()}`,
      );
    } catch (error) {
      await this.kill();
      // Standard error may come after the end of standard output.
      const message = error instanceof Error ? error.message : String(error);
      await this[Symbol.asyncDispose]();
      throw new Error(`${message}\n${this.log()}`);
    }
  }

  async api<T>(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Answer<T>> {
    const { json, headers, ...rest } = init;
    const response = await fetch(`${this.url}/api/autopilot${path}`, {
      ...json === undefined ? {} : { method: "POST", body: JSON.stringify(json) },
      headers: {
        ...json === undefined ? {} : { "content-type": "application/json" },
        ...this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` },
        ...Object.fromEntries(new Headers(headers)),
      },
      ...rest,
    });
    const text = await response.text();
    const is_json = response.headers.get("content-type")?.includes("json") && text !== "";
    return {
      status: response.status,
      headers: response.headers,
      body: is_json ? JSON.parse(text) : text as T,
    };
  }

  async ws(since?: number): Promise<Socket> {
    const query = since === undefined ? "" : `?since=${since}`;
    const url = `${this.url.replace("http", "ws")}/api/autopilot/ws${query}`;
    const protocols = this.#token === "" ? [] : ["autopilot", `bearer.${this.#token}`];
    const log = () => this.log();
    const socket = await openSocket(url, log, () => this.#sockets.delete(socket), protocols);
    this.#sockets.add(socket);
    return socket;
  }

  async login(): Promise<{ token: string; cookie: string }> {
    const answer = await fetch(this.login_link, { redirect: "manual" });
    await answer.body?.cancel();
    const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    if (cookie === "") {
      throw new Error(`The login link ${this.login_link} answered ${answer.status}:\n${this.log()}`);
    }
    const minted = await this.api<{ token: string }>("/tokens", {
      json: { name: "tests", scope: "admin" },
      headers: { cookie, origin: new URL(this.url).origin },
    });
    this.#token = minted.body.token;
    return { token: this.#token, cookie };
  }

  async mint(scope: Scope, more: Record<string, unknown> = {}): Promise<{ id: string; token: string }> {
    const json = { name: `${scope} of a test`, scope, ...more };
    const { status, body } = await this.api<{ id: string; token: string }>("/tokens", { json });
    if (status !== 201) throw new Error(`No token: ${JSON.stringify(body)}`);
    return body;
  }

  async newLoginLink(scope: Scope = "admin"): Promise<string> {
    const { status, body } = await this.api<{ url: string }>("/login-links", {
      json: { name: "tests", scope },
    });
    if (status !== 201) throw new Error(`No login link: ${JSON.stringify(body)}`);
    return body.url;
  }

  async waitFor(match: (event: Message) => boolean, what?: string): Promise<Message> {
    this.#events ??= this.ws(0);
    return await (await this.#events).waitFor(match, what);
  }

  signal(signal: Deno.Signal): void {
    this.process.kill(signal);
  }

  async stop(): Promise<number> {
    if (!this.#ended) this.process.kill("SIGTERM");
    try {
      return (await within(this.exited, STOP_MS, () => `The server did not stop:\n${this.log()}`)).code;
    } finally {
      await this.kill();
    }
  }

  async kill(): Promise<void> {
    if (!this.#ended) this.process.kill("SIGKILL");
    await this.exited;
    await this.#readers;
    await Promise.all([...this.#sockets].map((socket) => socket.close()));
    this.#sockets.clear();
    this.#events = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }
}
