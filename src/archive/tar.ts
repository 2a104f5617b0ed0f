/**
 * Tar files (POSIX ustar) with plain files only: what a backup and an export are, so that `tar` can look into them. Own
 * code, as the reader must refuse everything that Autopilot does not write: links, folders, devices, odd names.
 */

const BLOCK = 512;
/** What eleven octal digits hold; larger sizes are written in base 256, as GNU tar does. */
const MAX_OCTAL = 8 ** 11;
const READ_BYTES = 1 << 16;

/** A file is no archive of Autopilot, or not a whole one. The message says what was found. */
export class ArchiveError extends Error {
  override name = "ArchiveError";
}

export interface TarEntry {
  name: string;
  /** Bytes. */
  size: number;
  /** Read it before the next entry is asked for; what is left unread is passed over. */
  body: AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** Writes everything, in as many calls as it takes. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Appends one file. @throws ArchiveError when the body has not `size` bytes */
export async function writeEntry(
  file: Deno.FsFile,
  { name, size, body }: {
    name: string;
    size: number;
    body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  },
): Promise<void> {
  await writeAll(file, header(name, size));
  let written = 0;
  for await (const chunk of body) {
    written += chunk.length;
    if (written > size) break;
    await writeAll(file, chunk);
  }
  if (written !== size) {
    throw new ArchiveError(`${name} changed while it was read: it had ${size} bytes before`);
  }
  await writeAll(file, new Uint8Array(paddingOf(size)));
}

/** Two empty blocks end a tar file. */
export async function writeEnd(file: Deno.FsFile): Promise<void> {
  await writeAll(file, new Uint8Array(2 * BLOCK));
}

/** The files of an archive, in order. @throws ArchiveError at whatever `writeEntry` does not write */
export async function* readTar(file: Deno.FsFile): AsyncGenerator<TarEntry> {
  for (;;) {
    const block = await readBlock(file);
    if (block.every((byte) => byte === 0)) return;
    const { name, size } = parseHeader(block);
    const start = await file.seek(0, Deno.SeekMode.Current);
    yield { name, size, body: readBody(file, name, size) };
    await file.seek(start + size + paddingOf(size), Deno.SeekMode.Start);
  }
}

function paddingOf(size: number): number {
  return (BLOCK - size % BLOCK) % BLOCK;
}

function header(name: string, size: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const encoder = new TextEncoder();
  const text = (at: number, value: string) => block.set(encoder.encode(value), at);
  if (encoder.encode(name).length > 100) throw new RangeError(`The name ${name} is too long for an archive`);
  text(0, name);
  text(100, "0000600\0");
  text(108, "0000000\0");
  text(116, "0000000\0");
  if (size < MAX_OCTAL) {
    text(124, size.toString(8).padStart(11, "0") + "\0");
  } else {
    block[124] = 0x80;
    new DataView(block.buffer).setBigUint64(128, BigInt(size));
  }
  // A fixed time: the same content makes the same file, and the manifest tells when it was made.
  text(136, "00000000000\0");
  text(148, " ".repeat(8));
  text(156, "0");
  text(257, "ustar\x0000");
  text(148, checksumOf(block).toString(8).padStart(6, "0") + "\0 ");
  return block;
}

/** The sum of all bytes, those of the checksum's own field counted as blanks. */
function checksumOf(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : block[at];
  return sum;
}

function parseHeader(block: Uint8Array<ArrayBuffer>): { name: string; size: number } {
  const text = (at: number, length: number) =>
    new TextDecoder().decode(block.subarray(at, at + length)).replace(/\0.*$/s, "");
  if (text(257, 5) !== "ustar" || parseInt(text(148, 8), 8) !== checksumOf(block)) {
    throw new ArchiveError("It is no tar file, or it is damaged");
  }
  const name = text(0, 100);
  if (text(156, 1) !== "0" || text(345, 155) !== "") {
    throw new ArchiveError(`It holds ${JSON.stringify(name)}, which is no plain file of Autopilot`);
  }
  const size = block[124] === 0x80
    ? Number(new DataView(block.buffer, block.byteOffset).getBigUint64(128))
    : parseInt(text(124, 12), 8);
  if (!Number.isSafeInteger(size)) throw new ArchiveError(`The size of ${JSON.stringify(name)} is damaged`);
  return { name, size };
}

async function readBlock(file: Deno.FsFile): Promise<Uint8Array<ArrayBuffer>> {
  const block = new Uint8Array(BLOCK);
  for (let done = 0; done < BLOCK;) {
    const read = await file.read(block.subarray(done));
    if (read === null) throw new ArchiveError("It is cut off: the end of the archive is missing");
    done += read;
  }
  return block;
}

async function* readBody(
  file: Deno.FsFile,
  name: string,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let left = size; left > 0;) {
    const chunk = new Uint8Array(Math.min(left, READ_BYTES));
    const read = await file.read(chunk);
    if (read === null) throw new ArchiveError(`It is cut off within ${JSON.stringify(name)}`);
    left -= read;
    yield chunk.subarray(0, read);
  }
}
