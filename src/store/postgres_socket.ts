/** The socket under a PostgreSQL connection. */

import { Buffer } from "node:buffer";
import { Socket } from "node:net";

/**
 * Sends what was written together as one piece. A query is four messages, and the socket of `node:net` in Deno
 * makes a system call of each; joined, a small query costs about a third less, here and in the server.
 */
export class JoiningSocket extends Socket {
  override _writev(
    chunks: { chunk: unknown; encoding: BufferEncoding }[],
    callback: (error?: Error | null) => void,
  ): void {
    const buffers = chunks.map(({ chunk, encoding }) =>
      chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk), encoding)
    );
    this._write(Buffer.concat(buffers), "buffer" as BufferEncoding, callback);
  }
}
