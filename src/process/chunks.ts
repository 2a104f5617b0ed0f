/** Reading what a process writes, until it has ended. */

/** How long standard output may stay open after the end: a detached grandchild may hold it. */
const DRAIN_MS = 1_000;

/** The chunks of a stream; once the process is gone, only as long as they keep coming. */
export async function* chunksUntil(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  gone: Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = gone.then(() => "gone" as const);
  try {
    for (;;) {
      const read = reader.read();
      let next = await Promise.race([read, over]);
      if (next === "gone") {
        const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), DRAIN_MS));
        const last = await Promise.race([read, late]);
        clearTimeout(timer);
        if (last === "late") return;
        next = last;
      }
      if (next.done) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {/* ended already */});
  }
}
