/** nginx and Caddy as docs/operation.md configures them, in front of a server of a test, with TLS. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { findProgram, run } from "../../src/process/spawn.ts";
import { PATIENCE_MS, within } from "./wait.ts";

export type ProxyKind = "nginx" | "caddy";

export interface Proxy extends AsyncDisposable {
  /** `https://127.0.0.1:<port>` */
  readonly origin: string;
  /** Asks through the proxy; its certificate is believed. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

const ROOT = new URL("../../", import.meta.url).pathname;
const PATH = `${Deno.env.get("PATH") ?? "/usr/bin:/bin"}:/usr/sbin`;

/** The absolute path of a proxy's program; `null` where it is not installed. */
export function proxyProgram(kind: ProxyKind): string | null {
  return findProgram(kind, PATH);
}

/** The block of this language in docs/operation.md. */
export async function documentedBlock(language: string): Promise<string> {
  const page = await Deno.readTextFile(join(ROOT, "docs/operation.md"));
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms").exec(page)?.[1];
  assert.ok(found !== undefined, `docs/operation.md has no block of ${language}`);
  return found;
}

/** A port that nobody has: the board must know the proxy's origin before either listens. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/**
 * Starts a proxy with the documented snippet; only names, ports and places of files are those of the test.
 *
 * @param port where it listens
 * @param target where the board listens: `http://127.0.0.1:<port>`
 * @param path what stands for `/tools/autopilot/`
 */
export async function startProxy(
  kind: ProxyKind,
  { port, target, path = "/tools/autopilot/" }: { port: number; target: string; path?: string },
): Promise<Proxy> {
  const program = proxyProgram(kind);
  assert.ok(program !== null, `${kind} is not installed`);
  const dir = await Deno.makeTempDir({ prefix: `autopilot-${kind}-` });
  const [certificate, key] = [join(dir, "board.pem"), join(dir, "board.key")];
  await makeCertificate(certificate, key);
  const block = replaced(await documentedBlock(kind === "nginx" ? "nginx" : "caddyfile"), [
    ["127.0.0.1:8787", new URL(target).host],
    ["/tools/autopilot/", path],
  ]);
  const config = join(dir, kind === "nginx" ? "nginx.conf" : "Caddyfile");
  await Deno.writeTextFile(
    config,
    kind === "nginx"
      ? nginxConfig(block, { dir, port, certificate, key })
      : caddyConfig(block, { port, certificate, key }),
  );
  const args = kind === "nginx"
    ? ["-p", dir, "-c", config, "-e", "stderr"]
    : ["run", "--config", config, "--adapter", "caddyfile"];
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { PATH, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  const client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(certificate)] });
  const origin = `https://127.0.0.1:${port}`;
  const stop = async () => {
    client.close();
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await Promise.all([child.status, reading]);
    await Deno.remove(dir, { recursive: true });
  };
  const proxy: Proxy = {
    origin,
    fetch: async (path, init) => await fetch(`${origin}${path}`, { redirect: "manual", ...init, client }),
    [Symbol.asyncDispose]: stop,
  };
  try {
    await within(listening(port, child), PATIENCE_MS, () => `${kind} does not listen:\n${said}`);
  } catch (error) {
    await stop();
    throw new Error(`${error instanceof Error ? error.message : error}\n${said}`);
  }
  return proxy;
}

function replaced(text: string, pairs: [from: string, to: string][]): string {
  for (const [from, to] of pairs) {
    assert.ok(text.includes(from), `the snippet in docs/operation.md has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

function nginxConfig(
  block: string,
  { dir, port, certificate, key }: { dir: string; port: number; certificate: string; key: string },
): string {
  const site = replaced(block, [
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["server_name board.example.com;", "server_name 127.0.0.1;"],
    ["/etc/ssl/certs/board.pem", certificate],
    ["/etc/ssl/private/board.key", key],
  ]);
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    Deno.uid() === 0 ? "user root;" : "",
    "daemon off; worker_processes 1;",
    `pid ${dir}/nginx.pid; error_log stderr warn;`,
    "events {}",
    "http {",
    "access_log off;",
    ...temp.map((name) => `${name}_temp_path ${dir}/${name};`),
    site,
    "}",
  ].join("\n");
}

function caddyConfig(
  block: string,
  { port, certificate, key }: { port: number; certificate: string; key: string },
): string {
  const site = replaced(block, [
    ["board.example.com {", `https://127.0.0.1:${port} {\n  bind 127.0.0.1\n  tls ${certificate} ${key}`],
  ]);
  return `{\n  admin off\n  auto_https disable_redirects\n}\n${site}`;
}

async function makeCertificate(certificate: string, key: string): Promise<void> {
  const made = await run({
    command: "openssl",
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
      ...["-subj", "/CN=autopilot", "-addext", "subjectAltName=IP:127.0.0.1"],
      ...["-addext", "basicConstraints=CA:FALSE", "-keyout", key, "-out", certificate],
    ],
    env: { PATH },
  });
  assert.equal(made.code, 0, made.stderr);
}

/** Asks until somebody listens; the process has no other way to say so. */
async function listening(port: number, child: Deno.ChildProcess): Promise<void> {
  let ended = false;
  void child.status.then(() => ended = true);
  for (;;) {
    if (ended) throw new Error("The proxy ended");
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
