/**
 * A board in one file: a tar of plain files with a manifest as the last of them. The manifest names every file with its
 * size and checksum, so an archive without one is cut off, and one that was changed anywhere shows. Checksums tell damage,
 * not forgery: whoever can write the file can write the manifest.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { ArchiveError, readTar, writeAll, writeEnd, writeEntry } from "./tar.ts";

/** Everything that an archive may hold beside its manifest. */
const CONTENT = /^(autopilot\.db|board\.jsonl|uploads\/[0-9a-f]{32})$/;
const MANIFEST = "manifest.json";
const MAX_MANIFEST_BYTES = 256 << 20;
const FORMAT_VERSION = 1;

export const DATABASE_ENTRY = "autopilot.db";
export const BOARD_ENTRY = "board.jsonl";
export const UPLOADS = "uploads";

/** `backup`: a copy of the SQLite database. `export`: all rows as JSON lines, for either database. */
export type ArchiveKind = "backup" | "export";

export interface Manifest {
  kind: ArchiveKind;
  format_version: number;
  /** Version of the program that wrote it. */
  program_version: string;
  made_at: string;
  /** Name of the newest migration of the database. */
  schema: string;
  files: Record<string, { size: number; sha256: string }>;
  /** Attachments that the database knows and whose file was not there when the archive was made. */
  missing: string[];
}

/** A file to put into an archive. */
export interface Source {
  name: string;
  path: string;
}

/**
 * Writes an archive and gives it its name when it is complete and on disk.
 *
 * @param work a folder on the same file system, in which it grows
 * @throws ArchiveError when something is there already
 */
export async function writeArchive(
  path: string,
  work: string,
  about: Pick<Manifest, "kind" | "program_version" | "made_at" | "schema" | "missing">,
  sources: AsyncIterable<Source> | Iterable<Source>,
): Promise<Manifest> {
  await refuseExisting(path);
  const partial = join(work, "archive.tar");
  const file = await Deno.open(partial, { createNew: true, write: true, mode: 0o600 });
  try {
    const manifest: Manifest = { ...about, format_version: FORMAT_VERSION, files: {} };
    for await (const { name, path } of sources) {
      manifest.files[name] = await append(file, name, path);
    }
    const text = new TextEncoder().encode(JSON.stringify(manifest, null, 2) + "\n");
    await writeEntry(file, { name: MANIFEST, size: text.length, body: [text] });
    await writeEnd(file);
    await file.sync();
    await refuseExisting(path);
    await Deno.rename(partial, path);
    return manifest;
  } catch (error) {
    await Deno.remove(partial);
    throw error;
  } finally {
    file.close();
  }
}

/**
 * Unpacks an archive into an empty folder and compares every byte with the manifest.
 *
 * @throws ArchiveError when it is damaged, cut off, of another kind or of a later format; the folder is then half full
 */
export async function extractArchive(path: string, kind: ArchiveKind, folder: string): Promise<Manifest> {
  using file = await Deno.open(path, { read: true });
  await Deno.mkdir(join(folder, UPLOADS), { recursive: true, mode: 0o700 });
  const found: Manifest["files"] = {};
  let manifest: Manifest | null = null;
  for await (const { name, size, body } of readTar(file)) {
    if (manifest !== null) throw new ArchiveError(`It has ${JSON.stringify(name)} behind its manifest`);
    if (name === MANIFEST) {
      manifest = parseManifest(await textOf(body, size), kind);
    } else if (!CONTENT.test(name) || found[name] !== undefined) {
      throw new ArchiveError(`It holds ${JSON.stringify(name)}, which does not belong into it`);
    } else {
      found[name] = await unpack(join(folder, name), body);
    }
  }
  if (manifest === null) throw new ArchiveError("It has no manifest: it is no archive of Autopilot");
  compare(manifest.files, found);
  return manifest;
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new ArchiveError(`${path} exists already: name another file, or remove it`);
}

async function append(
  file: Deno.FsFile,
  name: string,
  path: string,
): Promise<{ size: number; sha256: string }> {
  using source = await Deno.open(path, { read: true });
  const { size } = await source.stat();
  const hash = createHash("sha256");
  await writeEntry(file, { name, size, body: hashed(source.readable, hash) });
  return { size, sha256: hash.digest("hex") };
}

async function unpack(
  path: string,
  body: AsyncIterable<Uint8Array>,
): Promise<{ size: number; sha256: string }> {
  using file = await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of hashed(body, hash)) {
    size += chunk.length;
    await writeAll(file, chunk);
  }
  await file.sync();
  return { size, sha256: hash.digest("hex") };
}

async function* hashed(
  body: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
}

async function textOf(body: AsyncIterable<Uint8Array>, size: number): Promise<string> {
  if (size > MAX_MANIFEST_BYTES) throw new ArchiveError("Its manifest is too large");
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

function parseManifest(text: string, kind: ArchiveKind): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ArchiveError("Its manifest is damaged", { cause });
  }
  if (!isManifest(value)) throw new ArchiveError("Its manifest is none that Autopilot writes");
  if (value.format_version > FORMAT_VERSION) {
    throw new ArchiveError(
      `Version ${value.program_version} of Autopilot wrote it in a later format: use that version, or a later one`,
    );
  }
  if (value.kind !== kind) {
    const command = value.kind === "backup" ? "restore" : "import";
    throw new ArchiveError(`It was written by "autopilot ${value.kind}": use "autopilot ${command}"`);
  }
  return value;
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { kind, format_version, program_version, made_at, schema, files, missing } = value as Manifest;
  return (kind === "backup" || kind === "export") && typeof format_version === "number" &&
    [program_version, made_at, schema].every((text) => typeof text === "string") &&
    typeof files === "object" && files !== null && Array.isArray(missing) &&
    Object.values(files).every((file) => typeof file?.size === "number" && typeof file.sha256 === "string");
}

function compare(wanted: Manifest["files"], found: Manifest["files"]): void {
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const [before, now] = [wanted[name], found[name]];
    if (before === undefined) throw new ArchiveError(`Its manifest knows nothing of ${JSON.stringify(name)}`);
    if (now === undefined) throw new ArchiveError(`${JSON.stringify(name)} is missing in it`);
    if (before.size !== now.size || before.sha256 !== now.sha256) {
      throw new ArchiveError(`${JSON.stringify(name)} in it is damaged: its checksum is another one`);
    }
  }
}
