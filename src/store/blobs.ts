/** The bytes of attachments: files in one private folder, under names that nobody can guess. */

import { join } from "node:path";

/** How many first bytes `write` hands back; enough to tell a file's type from them. */
const HEAD_BYTES = 4_096;
/** What `write` makes: 128 random bits. Everything else is no name of a blob and never reaches the disk. */
const STORED_NAME = /^[0-9a-f]{32}$/;

/** A body was longer than allowed; nothing of it was kept. */
export class TooLargeError extends Error {
  override name = "TooLargeError";
  constructor(readonly max_bytes: number) {
    super(`The file is larger than ${max_bytes} bytes: nothing was stored`);
  }
}

export interface Blobs {
  /**
   * Stores a body; it is durable when this resolves. `head` holds its first bytes (at most 4,096). Whatever
   * goes wrong, nothing is left behind. @throws TooLargeError
   */
  write(
    body: ReadableStream<Uint8Array>,
    max_bytes: number,
  ): Promise<{ stored_name: string; size: number; head: Uint8Array }>;
  /** The caller must read or cancel the stream. @throws Deno.errors.NotFound */
  open(stored_name: string): Promise<ReadableStream<Uint8Array>>;
  /** Where the file is. @throws Deno.errors.NotFound when the name is none that `write` gives */
  path(stored_name: string): string;
  /** Does nothing when there is no such file. */
  remove(stored_name: string): Promise<void>;
}

/** Uses the folder, making it (0700) when it is not there. */
export async function openBlobs(dir: string): Promise<Blobs> {
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  const path = (stored_name: string) => {
    if (STORED_NAME.test(stored_name)) return join(dir, stored_name);
    throw new Deno.errors.NotFound(`No stored file is named ${JSON.stringify(stored_name)}`);
  };
  return {
    path,
    write: async (body, max_bytes) => {
      const stored_name = randomName();
      return { stored_name, ...await writeNew(path(stored_name), body, max_bytes) };
    },
    open: async (stored_name) => (await Deno.open(path(stored_name), { read: true })).readable,
    remove: async (stored_name) => {
      try {
        await Deno.remove(path(stored_name));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function writeNew(
  path: string,
  body: ReadableStream<Uint8Array>,
  max_bytes: number,
): Promise<{ size: number; head: Uint8Array }> {
  const file = await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
  const head = new Uint8Array(HEAD_BYTES);
  let size = 0;
  try {
    try {
      for await (const chunk of body) {
        if (size + chunk.length > max_bytes) throw new TooLargeError(max_bytes);
        if (size < HEAD_BYTES) head.set(chunk.subarray(0, HEAD_BYTES - size), size);
        for (let written = 0; written < chunk.length;) written += await file.write(chunk.subarray(written));
        size += chunk.length;
      }
      await file.syncData();
    } finally {
      file.close();
    }
  } catch (error) {
    await Deno.remove(path);
    throw error;
  }
  return { size, head: head.subarray(0, Math.min(size, HEAD_BYTES)) };
}
