/** Reading what a process writes, until it has ended. */

/** How long standard output may stay open after the end: a detached grandchild may hold it. */
const DRAIN_MS = 1_000;

/**
 * The chunks of a stream; once the process is gone, only as long as they keep coming.
 *
 * No race of each read against the end: the end's promise would hold on to every race, and with it to every chunk,
 * until the process has ended.
 */
export async function* chunksUntil(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  gone: Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  let reading = false;
  const giveUpLater = () => {
    timer = setTimeout(() => void reader.cancel().catch(() => {/* ended already */}), DRAIN_MS);
  };
  void gone.then(() => {
    over = true;
    // While the consumer is busy nothing is waited for: what lies in the pipe is still to be read.
    if (reading) giveUpLater();
  });
  try {
    for (;;) {
      reading = true;
      if (over) giveUpLater();
      const next = await reader.read();
      reading = false;
      clearTimeout(timer);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    reading = false;
    clearTimeout(timer);
    await reader.cancel().catch(() => {/* ended already */});
  }
}
