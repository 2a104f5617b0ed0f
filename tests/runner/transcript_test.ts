import assert from "node:assert/strict";
import { FencedError } from "../../src/domain/errors.ts";
import type { LogEntry } from "../../src/domain/log_entry.ts";
import { FLUSH_MS, MAX_LOG, PAGE_ENTRIES, Transcript } from "../../src/runner/transcript.ts";
import { FakeTime } from "./fake_time.ts";

interface Page {
  entries: LogEntry[];
  done: () => void;
  fail: (error: unknown) => void;
}

/** A store whose commits end when the test says so. */
function slowStore() {
  const time = new FakeTime();
  const pages: Page[] = [];
  const errors: unknown[] = [];
  const transcript = new Transcript({
    clock: time,
    timers: time,
    append: (entries) =>
      new Promise((resolve, reject) => pages.push({ entries: [...entries], done: resolve, fail: reject })),
    onError: (error) => errors.push(error),
  });
  return { time, pages, errors, transcript };
}
const text = (n: number) => ({ type: "text", text: `line ${n}` }) as const;
/** Lets every promise that can go on do so. */
const settle = () =>
  new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));

Deno.test("Transcript writes what came within 50 ms as one page", async () => {
  const { time, pages, transcript } = slowStore();
  for (let n = 1; n <= 3; n++) void transcript.write(text(n));
  time.advance(FLUSH_MS - 1);
  assert.equal(pages.length, 0);
  time.advance(1);
  assert.deepEqual(pages[0].entries.map(({ seq }) => seq), [1, 2, 3]);
  pages[0].done();
  await transcript.drain();
});

Deno.test("Transcript writes a full page at once, and one page at a time", async () => {
  const { time, pages, transcript } = slowStore();
  for (let n = 1; n <= PAGE_ENTRIES + 10; n++) void transcript.write(text(n));
  assert.equal(pages.length, 1);
  assert.equal(pages[0].entries.length, PAGE_ENTRIES);
  time.advance(FLUSH_MS);
  assert.equal(pages.length, 1);
  pages[0].done();
  await settle();
  time.advance(FLUSH_MS);
  assert.deepEqual(
    pages[1].entries.map(({ seq }) => seq),
    Array.from({ length: 10 }, (_, n) => PAGE_ENTRIES + 1 + n),
  );
  pages[1].done();
  await transcript.drain();
});

Deno.test("Transcript makes a reader wait that is faster than the store, and loses nothing", async () => {
  const { pages, transcript } = slowStore();
  let room: Promise<void> | void = undefined;
  let taken = 0;
  while (room === undefined) room = transcript.write(text(++taken));
  assert.ok(taken >= PAGE_ENTRIES && taken <= 10 * PAGE_ENTRIES, String(taken));
  let free = false;
  void room.then(() => free = true);
  await settle();
  assert.equal(free, false);
  pages[0].done();
  await room;
  const drained = transcript.drain();
  for (let page = 1; page * PAGE_ENTRIES < taken; page++) {
    while (pages.length <= page) await settle();
    pages[page].done();
  }
  await drained;
  assert.deepEqual(
    pages.flatMap(({ entries }) => entries.map(({ seq }) => seq)),
    Array.from({ length: taken }, (_, n) => n + 1),
  );
});

Deno.test("Transcript keeps pages of large entries small", async () => {
  const { pages, transcript } = slowStore();
  for (let n = 0; n < 100; n++) void transcript.write({ type: "text", text: "x".repeat(32_000) });
  const drained = transcript.drain();
  for (let page = 0; page < 4; page++) {
    while (pages.length <= page) await settle();
    assert.ok(pages[page].entries.length <= 32);
    pages[page].done();
  }
  await drained;
});

Deno.test("Transcript tells a failed page once and lets everybody go", async () => {
  const { pages, errors, transcript } = slowStore();
  let room: Promise<void> | void = undefined;
  for (let n = 1; room === undefined; n++) room = transcript.write(text(n));
  pages[0].fail(new FencedError("r1"));
  await room;
  await transcript.drain();
  void transcript.write(text(1));
  await transcript.drain();
  assert.equal(errors.length, 1);
  assert.ok(errors[0] instanceof FencedError);
  assert.equal(pages.length, 1);
});

/** Writes to a store that takes everything; what it has then. */
async function written(write: (transcript: Transcript) => Promise<void>): Promise<LogEntry[]> {
  const stored: LogEntry[] = [];
  const time = new FakeTime();
  const transcript = new Transcript({
    clock: time,
    timers: time,
    append: (entries) => Promise.resolve(void stored.push(...entries)),
    onError: (error) => assert.fail(String(error)),
  });
  await write(transcript);
  await transcript.drain();
  return stored;
}

Deno.test("Transcript of an agent in a loop is bounded, says so once, and still tells the end", async () => {
  const line = { type: "text", text: "x".repeat(32_000) } as const;
  const fitting = MAX_LOG.chars / line.text.length;
  const stored = await written(async (transcript) => {
    for (let n = 0; n < 2 * fitting; n++) await transcript.write(line);
    for (let n = 0; n < MAX_LOG.entries_after; n++) await transcript.write({ type: "error", text: `${n}` });
    await transcript.write({ type: "error", text: "one too many" });
  });
  assert.equal(stored.length, fitting + 1 + MAX_LOG.entries_after);
  assert.deepEqual(stored.map(({ seq }) => seq), stored.map((_, index) => index + 1));
  const { type, text } = stored[fitting] as { type: string; text: string };
  assert.deepEqual([type, text.slice(0, 22)], ["system", "The transcript is full"]);
  assert.equal(stored.filter((entry) => entry.type === "system").length, 1);
  assert.equal((stored.at(-1) as { text: string }).text, `${MAX_LOG.entries_after - 1}`);
});

Deno.test("Transcript does not drop the result with which it gets full", async () => {
  const stored = await written(async (transcript) => {
    await transcript.write({ type: "text", text: "x".repeat(MAX_LOG.chars) });
    await transcript.write({ type: "error", text: "the end" });
  });
  assert.deepEqual(stored.map(({ type }) => type), ["text", "system", "error"]);
});
