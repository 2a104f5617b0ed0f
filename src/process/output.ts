/** What a child writes, kept within bounds. A grandchild may hold a pipe open for ever: every wait has a limit. */

/** Keeps the last bytes of a stream. */
export function tailOf(stream: ReadableStream<Uint8Array>, max: number) {
  let chunks: Uint8Array[] = [];
  let size = 0;
  const pump = pumpOf(stream, (chunk) => {
    chunks.push(chunk);
    size += chunk.byteLength;
    while (size - chunks[0].byteLength >= max) size -= chunks.shift()!.byteLength;
  });
  const text = () => {
    const all = concat(chunks, size);
    chunks = [all];
    return new TextDecoder().decode(all.subarray(Math.max(0, size - max)));
  };
  return { text, within: pump };
}

/** Keeps the first bytes of a stream and reads the rest without keeping it. */
export function collect(stream: ReadableStream<Uint8Array>, max: number) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let seen = 0;
  const pump = pumpOf(stream, (chunk) => {
    seen += chunk.byteLength;
    if (size === max) return;
    const part = chunk.subarray(0, max - size);
    chunks.push(part);
    size += part.byteLength;
  });
  return { bytes: () => concat(chunks, size), truncated: () => seen > max, within: pump };
}

/** Reads a stream; the returned function waits for its end, at most so long, and gives it up then. */
function pumpOf(stream: ReadableStream<Uint8Array>, take: (chunk: Uint8Array) => void) {
  const reader = stream.getReader();
  const done = (async () => {
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
    } catch {
      // A pipe that breaks ends the output; how the process ended is judged by its exit code.
    }
  })();
  return async (ms: number) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await Promise.race([done, late]);
    clearTimeout(timer);
    await reader.cancel().catch(() => {/* ended already */});
    await done;
  };
}

function concat(chunks: Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
