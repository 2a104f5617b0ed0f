/** A PostgreSQL of one's own for tests: Debian's programs in a temporary folder, reached by a unix socket. */

import { join } from "node:path";
import { messageOfError } from "../../src/domain/errors.ts";

const VERSIONS = "/usr/lib/postgresql";
const USER = "autopilot";
const READY_MS = 20_000;

/** Why there is no PostgreSQL here, or the folder of its programs. */
export type PostgresPrograms = { bin: string } | { missing: string };

/** Looks for the newest installed version. */
export function findPostgres(): PostgresPrograms {
  const versions: number[] = [];
  try {
    for (const { name } of Deno.readDirSync(VERSIONS)) versions.push(Number(name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { missing: `no ${VERSIONS}: install postgresql` };
    throw error;
  }
  for (const version of versions.filter(Number.isFinite).sort((a, b) => b - a)) {
    const bin = join(VERSIONS, String(version), "bin");
    try {
      Deno.statSync(join(bin, "initdb"));
      return { bin };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { missing: `no initdb under ${VERSIONS}: install postgresql` };
}

export interface PostgresCluster extends AsyncDisposable {
  /** Makes a database, as a copy of another one if `template` is given, and answers its URL. */
  createDatabase(name: string, template?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Runs SQL with psql. */
  sql(database: string, statement: string): Promise<string>;
}

/**
 * Starts a cluster. It ends with `[Symbol.asyncDispose]`, and also when this process dies: the shell around
 * it waits for the end of its standard input.
 *
 * @param durable with fsync, for measurements; tests of behaviour don't need it
 */
export async function startPostgres(bin: string, { durable = false } = {}): Promise<PostgresCluster> {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-pg-" });
  const account = Deno.uid() === 0 ? await accountOf("postgres") : {};
  if (account.uid !== undefined) await Deno.chown(dir, account.uid, account.gid ?? null);
  const data = join(dir, "data");
  const command = (program: string, args: string[]) =>
    new Deno.Command(program, {
      args,
      cwd: dir,
      clearEnv: true,
      env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
      ...account,
    });
  const check = async (program: string, args: string[]) => {
    const { success, stdout, stderr } = await command(join(bin, program), args).output();
    if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  };

  await check("initdb", ["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
  const settings = {
    listen_addresses: "",
    unix_socket_directories: dir,
    fsync: durable ? "on" : "off",
    max_connections: "200",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const script = '"$@" & pid=$!; cat > /dev/null; kill -INT $pid; wait $pid; rm -rf "$0"';
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", script, dir, join(bin, "postgres"), "-D", data, ...options],
    cwd: "/",
    clearEnv: true,
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    ...account,
  }).spawn();
  const stop = async () => {
    await child.stdin.close();
    await child.status;
    await Deno.remove(dir, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  };

  const psql = (database: string, statement: string) =>
    check("psql", [
      "-X",
      "-q",
      "-A",
      "-t",
      "-v",
      "ON_ERROR_STOP=1",
      "-h",
      dir,
      "-U",
      USER,
      "-d",
      database,
      "-c",
      statement,
    ]);
  await untilReady(() => psql("postgres", "select 1"), stop);
  return {
    createDatabase: async (name, template) => {
      await psql(
        "postgres",
        `create database ${name}${template === undefined ? "" : ` template ${template}`}`,
      );
      return `postgres://${USER}@localhost/${name}?host=${encodeURIComponent(dir)}`;
    },
    dropDatabase: async (name) => void await psql("postgres", `drop database ${name} with (force)`),
    sql: psql,
    [Symbol.asyncDispose]: stop,
  };
}

async function untilReady(ask: () => Promise<unknown>, stop: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (true) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() < deadline) continue;
      await stop();
      throw new Error(`PostgreSQL was not ready after ${READY_MS} ms: ${messageOfError(error)}`);
    }
  }
}

/** PostgreSQL refuses to run as root. */
async function accountOf(name: string): Promise<{ uid?: number; gid?: number }> {
  for (const line of (await Deno.readTextFile("/etc/passwd")).split("\n")) {
    const [account, , uid, gid] = line.split(":");
    if (account === name) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`PostgreSQL can't run as root and there is no account "${name}"`);
}
