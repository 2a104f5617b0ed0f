/**
 * Load on one HTTP server of this machine: by `wrk` where it is installed, else by a generator of our own that
 * anyone can run. Both keep connections open and wait for each answer before the next request.
 */

import { join } from "node:path";

export interface LoadOptions {
  port: number;
  path: string;
  seconds: number;
  connections: number;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** The status that the answers must have. */
  status: number;
}

export interface LoadResult {
  per_second: number;
  p50_ms: number;
  p99_ms: number;
}

export type Generator = "wrk" | "own";

/** Which generator this machine has. */
export async function findGenerator(): Promise<Generator> {
  try {
    // `wrk -v` prints its version and answers 1.
    await new Deno.Command("wrk", { args: ["-v"], stdout: "null", stderr: "null" }).output();
    return "wrk";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "own";
    throw error;
  }
}

/** Runs the load; throws when answers have another status than expected. */
export async function load(generator: Generator, options: LoadOptions): Promise<LoadResult> {
  await probe(options);
  return await (generator === "wrk" ? loadByWrk(options) : loadByOwn(options));
}

async function probe({ port, path, method, headers, body, status }: LoadOptions): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body });
  const text = await response.text();
  if (response.status !== status) {
    throw new Error(
      `${method ?? "GET"} ${path} answered ${response.status} instead of ${status}: ${text.slice(0, 300)}`,
    );
  }
}

async function loadByWrk(options: LoadOptions): Promise<LoadResult> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });
  try {
    const script = join(folder, "request.lua");
    const lines = [`wrk.method = ${JSON.stringify(options.method ?? "GET")}`];
    if (options.body !== undefined) lines.push(`wrk.body = ${JSON.stringify(options.body)}`);
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      lines.push(`wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
    }
    await Deno.writeTextFile(script, lines.join("\n"));
    const args = ["-t1", `-c${options.connections}`, `-d${options.seconds}s`, "--latency", "-s", script];
    const url = `http://127.0.0.1:${options.port}${options.path}`;
    const { stdout, success } = await new Deno.Command("wrk", { args: [...args, url], stderr: "inherit" })
      .output();
    const text = new TextDecoder().decode(stdout);
    if (!success || /Non-2xx or 3xx responses|Socket errors/.test(text)) {
      throw new Error(`wrk on ${url}:\n${text}`);
    }
    return {
      per_second: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
      p50_ms: milliseconds(/\b50%\s+([\d.]+)(us|ms|s)/.exec(text)),
      p99_ms: milliseconds(/\b99%\s+([\d.]+)(us|ms|s)/.exec(text)),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function milliseconds(match: RegExpExecArray | null): number {
  const factor = { us: 0.001, ms: 1, s: 1000 }[match?.[2] ?? ""];
  if (match === null || factor === undefined) throw new Error("wrk printed no latencies");
  return Number(match[1]) * factor;
}

async function loadByOwn(options: LoadOptions): Promise<LoadResult> {
  const client = new URL("./load_client.ts", import.meta.url).pathname;
  const args = ["run", "-A", client, JSON.stringify(options)];
  const { stdout, success } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`The load generator failed on ${options.path}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
