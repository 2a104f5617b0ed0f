/** Starts commands of the command line as processes, beside a server that runs already. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readLines } from "../../src/process/lines.ts";
import { mainCommand, type TestServer } from "./server.ts";
import { within } from "./wait.ts";

const END_MS = 60_000;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Cli extends AsyncDisposable {
  /** Runs a command to its end; `stdin` is what it may read. */
  run(args: string[], more?: { env?: Record<string, string>; stdin?: string }): Promise<Outcome>;
  /** The same with `--json`: what it printed, parsed. Fails unless it ended with 0. */
  json<T>(args: string[]): Promise<T>;
  /** Starts a command that goes on. */
  start(args: string[], env?: Record<string, string>): Promise<Running>;
}

export interface Running {
  readonly pid: number;
  signal(signal: Deno.Signal): void;
  /** Closes this end of its standard output. */
  stopReading(): Promise<void>;
  /** Lines of standard output so far. */
  readonly lines: string[];
  /** The first line, past or future, that matches. */
  line(match: RegExp): Promise<string>;
  readonly code: Promise<number>;
}

/** Commands that speak to this server. */
export async function cliFor(server: Pick<TestServer, "url">): Promise<Cli> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-cli-" });
  const started: Deno.ChildProcess[] = [];
  const readers: Promise<unknown>[] = [];
  const spawn = async (args: string[], env: Record<string, string>, stdin: "null" | "piped") => {
    const options = { args, env: { AUTOPILOT_URL: server.url, ...env } };
    const child = (await mainCommand(options, folder, join(folder, "data"), stdin)).spawn();
    started.push(child);
    return child;
  };
  const cli: Cli = {
    async run(args, { env = {}, stdin } = {}) {
      const child = await spawn(args, env, stdin === undefined ? "null" : "piped");
      if (stdin !== undefined) {
        const writer = child.stdin.getWriter();
        await writer.write(new TextEncoder().encode(stdin));
        await writer.close();
      }
      const { code, stdout, stderr } = await within(
        child.output(),
        END_MS,
        () => `${args.join(" ")} goes on`,
      );
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    },
    async json(args) {
      const { code, stdout, stderr } = await cli.run([...args, "--json"]);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    },
    async start(args, env = {}) {
      const child = await spawn(args, env, "null");
      const running = new Following(child);
      readers.push(running.end);
      return running;
    },
    async [Symbol.asyncDispose]() {
      for (const child of started) {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended already.
        }
        await child.status;
      }
      await Promise.all(readers);
      await Deno.remove(folder, { recursive: true });
    },
  };
  return cli;
}

class Following implements Running {
  readonly lines: string[] = [];
  readonly end: Promise<unknown>;
  readonly code: Promise<number>;
  readonly #errors: string[] = [];
  readonly #waiting = new Set<() => void>();

  readonly pid: number;
  readonly #reading = new AbortController();
  readonly #output: Promise<void>;

  constructor(readonly child: Deno.ChildProcess) {
    this.pid = child.pid;
    this.#output = this.#read(child.stdout, this.lines);
    this.end = Promise.all([this.#output, this.#read(child.stderr, this.#errors)]);
    this.code = child.status.then(async ({ code }) => {
      await this.end;
      return code;
    });
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, into: string[]): Promise<void> {
    const { signal } = this.#reading;
    try {
      for await (const line of readLines(stream.pipeThrough(new TransformStream(), { signal }))) {
        into.push(line);
        this.#waiting.forEach((check) => check());
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  signal(signal: Deno.Signal): void {
    this.child.kill(signal);
  }

  async stopReading(): Promise<void> {
    this.#reading.abort();
    await this.#output;
  }

  async line(match: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const check = () => {
      const found = [...this.lines, ...this.#errors].find((line) => match.test(line));
      if (found !== undefined) resolve(found);
    };
    this.#waiting.add(check);
    check();
    const said = () => `no line ${match}:\n${[...this.lines, ...this.#errors].join("\n")}`;
    return await within(promise, END_MS, said).finally(() => this.#waiting.delete(check));
  }
}
