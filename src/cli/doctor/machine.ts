/** The machine: port, data folder, disk. */

import { statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../../config.ts";
import { messageOfError } from "../../domain/errors.ts";
import { makeTempFolder } from "../../process/temp_folder.ts";
import { sizeText, sqlitePath } from "../local_data.ts";
import { ownUrl } from "../own_url.ts";
import { type Finding, finding, ok } from "./finding.ts";

/** How long another program on the port may take to say what it is, in milliseconds. */
const ASK_MS = 1_500;
const LITTLE_BYTES = 2e9;
const NOTHING_LEFT_BYTES = 200e6;
/** Of import and restore, and of the copy before a new schema. */
const LEFT_OVER = /^(importing|restoring)-|\.before-\d{4}_.*\.partial$/;
const OLD_MS = 3_600_000;

export async function checkPort({ host, port, base_path }: Config): Promise<Finding> {
  if (port === 0) return ok("port", "A free port is taken at the start");
  const where = `Port ${port} of ${host}`;
  try {
    Deno.listen({ hostname: host.replace(/^\[|\]$/g, ""), port }).close();
    return ok("port", `${where} is free`);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return await who(ownUrl(host, port) + base_path, port, where);
    const mend = error instanceof Deno.errors.PermissionDenied
      ? "Take a port above 1023 with --port, and a proxy in front"
      : "Set AUTOPILOT_HOST to an address of this machine";
    return finding("port", "error", `${where} can't be listened on: ${messageOfError(error)}`, mend);
  }
}

async function who(url: string, port: number, where: string): Promise<Finding> {
  const other = finding(
    "port",
    "error",
    `${where} is taken by another program`,
    `Take another with --port, or end that one (ss -ltnp 'sport = :${port}' names it)`,
  );
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ASK_MS) });
    const { status, version } = JSON.parse((await answer.text()).slice(0, 10_000));
    return status === "ok" && typeof version === "string"
      ? ok("port", `${where}: Autopilot ${version} is running there`)
      : other;
  } catch {
    // No answer, or none of Autopilot's: another program, whatever it is.
    return other;
  }
}

export async function checkData(config: Pick<Config, "data" | "database_url">): Promise<Finding[]> {
  const { data } = config;
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(data);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return [
        finding(
          "data_folder",
          "error",
          `${data}: ${messageOfError(error)}`,
          "Set another with AUTOPILOT_DATA",
        ),
      ];
    }
    const above = await firstThere(data);
    return [await unmade(data, above), await disk(above)];
  }
  return [await folder(data, info), ...await leftovers(config), await disk(data)];
}

async function unmade(data: string, above: string): Promise<Finding> {
  try {
    await Deno.remove(await makeTempFolder(".autopilot-doctor-", above));
    return ok("data_folder", `${data} is made by the first start`);
  } catch (error) {
    const found = `${data} can't be made: nothing can be written to ${above}: ${messageOfError(error)}`;
    return finding("data_folder", "error", found, "Set another with AUTOPILOT_DATA");
  }
}

/** What commands that were killed left and no start needs. Younger ones may be at work. */
async function leftovers({ data, database_url }: Pick<Config, "data" | "database_url">): Promise<Finding[]> {
  const database = sqlitePath(database_url);
  const found: string[] = [];
  try {
    for (const folder of new Set([data, ...database === null ? [] : [dirname(resolve(database))]])) {
      for await (const { name } of Deno.readDir(folder)) {
        const path = join(folder, name);
        if (LEFT_OVER.test(name) && await isOld(path)) found.push(path);
      }
    }
  } catch (error) {
    // That it can't be read is found elsewhere; it may also be gone by now.
    if (!(error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotFound)) {
      throw error;
    }
  }
  if (found.length === 0) return [];
  const said = `Commands that were cut off left ${found.length} files or folders behind; nothing needs them`;
  return [finding("leftovers", "note", said, `rm -r ${found.map((path) => `'${path}'`).join(" ")}`)];
}

async function isOld(path: string): Promise<boolean> {
  const { mtime } = await Deno.lstat(path);
  return mtime !== null && Date.now() - mtime.getTime() > OLD_MS;
}

async function folder(data: string, { isDirectory, mode, uid }: Deno.FileInfo): Promise<Finding> {
  if (!isDirectory) {
    return finding("data_folder", "error", `${data} is no folder`, "Set AUTOPILOT_DATA to a folder");
  }
  if (uid !== null && uid !== Deno.uid() && Deno.uid() !== 0) {
    const mend = `Start Autopilot as its owner, or chown -R it to yourself: ${data}`;
    return finding("data_folder", "error", `${data} belongs to another user`, mend);
  }
  // Of a file that others can read in a folder that they can't enter nothing shows.
  if (mode !== null && (mode & 0o077) !== 0) {
    const others = `${data} can be looked into by other users (mode ${(mode & 0o777).toString(8)})`;
    return finding("data_folder", "error", others, `chmod 700 ${data}`);
  }
  try {
    await Deno.remove(await makeTempFolder("doctor-", data));
  } catch (error) {
    const found = `Nothing can be written to ${data}: ${messageOfError(error)}`;
    return finding(
      "data_folder",
      "error",
      found,
      `chmod u+rwx ${data}, and see that its file system takes writes`,
    );
  }
  return ok("data_folder", `${data} is writable, for this user alone`);
}

/** The nearest folder above that exists. */
async function firstThere(path: string): Promise<string> {
  for (; path !== dirname(path); path = dirname(path)) {
    try {
      await Deno.stat(path);
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return path;
    }
  }
  return path;
}

async function disk(path: string): Promise<Finding> {
  const mend = "Make room, or move AUTOPILOT_DATA to a larger file system";
  try {
    const { bavail, bsize } = await statfs(path);
    const left = bavail * bsize;
    const text = `${sizeText(left)} are free below ${path}`;
    if (left < NOTHING_LEFT_BYTES) return finding("disk", "error", text, mend);
    return left < LITTLE_BYTES ? finding("disk", "warning", text, mend) : ok("disk", text);
  } catch (error) {
    const found = `How much is free below ${path} is not known: ${messageOfError(error)}`;
    return finding("disk", "note", found, "df -h tells it");
  }
}
