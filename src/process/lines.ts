/** Bytes to lines, with backpressure: nothing is read before the consumer asks for the next line. */

export interface LineOptions {
  /** Longest line in bytes; what is longer is cut to it. Default 64 MiB: one tool result may be many megabytes. */
  max_line_bytes?: number;
}

const DEFAULT_MAX_LINE = 64 * 1024 * 1024;
const NEWLINE = 10;

/** The lines of a stream without their line ends. A last line without one counts as a line. */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  options: LineOptions = {},
): AsyncGenerator<string, void, void> {
  const max = options.max_line_bytes ?? DEFAULT_MAX_LINE;
  const decoder = new TextDecoder();
  // Parts of the line that has no end yet. Joined once: joining at every chunk would be quadratic.
  let parts: Uint8Array[] = [];
  let size = 0;
  const keep = (part: Uint8Array) => {
    const fitting = part.subarray(0, max - size);
    if (fitting.byteLength === 0) return;
    parts.push(fitting);
    size += fitting.byteLength;
  };
  const take = () => {
    const line = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      line.set(part, at);
      at += part.byteLength;
    }
    parts = [];
    size = 0;
    return decoder.decode(line.at(-1) === 13 ? line.subarray(0, -1) : line);
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    // A copy: a short rest must not keep the whole chunk in memory.
    if (from < chunk.byteLength) keep(chunk.slice(from));
  }
  if (size > 0) yield take();
}
