import assert from "node:assert/strict";
import type { LogEntry } from "../../src/domain/log_entry.ts";
import { EventSchema } from "../../src/api/wire.ts";
import { ANN, newComment, newIssue, runEnd } from "../support/store.ts";
import { type Message, openSocket, type Socket } from "../support/socket.ts";
import { type LiveApi, serveTestApi } from "./live.ts";
import { claimNext } from "./support.ts";

const connect = (live: LiveApi, query = "") =>
  openSocket(`ws://127.0.0.1:${live.port}/api/autopilot/ws${query}`, () => "");

const file = (live: LiveApi, title: string) => live.api.store.issues.create(newIssue({ title }), ANN);

const seqs = (socket: Socket) =>
  socket.messages.filter((m) => m.type.includes(".") && !m.type.startsWith("run.l")).map(({ seq }) => seq);

const upTo = (socket: Socket, seq: number) =>
  socket.waitFor((message) => message.type !== "hello" && message.seq === seq, `event ${seq}`);

/** The numbers from one to the other, both included. */
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const entries = (from: number, to: number, text = "line"): LogEntry[] =>
  range(from, to).map((seq) => ({ seq, at: new Date().toISOString(), type: "text", text: `${text} ${seq}` }));

Deno.test("a socket gets hello and then every event, with what a notification needs", async () => {
  await using live = await serveTestApi();
  await file(live, "before");
  await using socket = await connect(live);
  const hello = await socket.waitFor(({ type }) => type === "hello");
  assert.deepEqual(hello, { type: "hello", seq: 1 });
  const issue = await file(live, "after");
  const created = await upTo(socket, 2);
  assert.deepEqual(
    [created.type, created.id, created.issue_id, created.title, created.status, created.kind],
    ["issue.created", issue.id, issue.id, "after", "ready", "feature"],
  );
  const claim = await claimNext(live.api.store, "bot");
  const started = await socket.waitFor(({ type }) => type === "run.started");
  assert.deepEqual([started.run_id, started.title, started.agent], [claim.run.id, "before", "bot"]);
  const working = await socket.waitFor(({ type }) => type === "agent.status");
  assert.deepEqual(
    [working.agent, working.status, working.run_id, working.issue_id],
    ["bot", "working", claim.run.id, claim.issue.id],
  );
  const moved = await socket.waitFor(({ type }) => type === "issue.status");
  assert.deepEqual([moved.from, moved.status], ["ready", "in_progress"]);
  await live.api.store.runs.finish(claim.run.id, claim.lease.fence, runEnd());
  const finished = await socket.waitFor(({ type }) => type === "run.finished");
  assert.deepEqual(
    [finished.outcome, finished.run_id, finished.title, finished.agent],
    ["implemented", claim.run.id, "before", "bot"],
  );
  await live.api.store.comments.add("1", newComment("Well done"), ANN);
  const said = await socket.waitFor(({ type }) => type === "comment.added");
  assert.deepEqual(
    [said.issue_id, said.title, said.status, said.author, said.author_kind],
    [claim.issue.id, "before", "in_review", "ann", "human"],
  );
  await upTo(socket, await live.api.store.events.lastSeq());
  for (const message of socket.messages.slice(1)) EventSchema.parse(message);
  assert.deepEqual(seqs(socket), range(2, await live.api.store.events.lastSeq()));
});

Deno.test("since replays what was missed, also from another process, and goes live without gap or double", async () => {
  await using live = await serveTestApi();
  const other = await live.api.another();
  for (let n = 0; n < 700; n++) await file(live, `${n}`);
  await other.issues.create(newIssue({ title: "from elsewhere" }), ANN);
  // Writes of both processes go on while the replay runs.
  const writing = (async () => {
    for (let n = 0; n < 100; n++) {
      await Promise.all([
        file(live, `own ${n}`),
        other.issues.create(newIssue({ title: `foreign ${n}` }), ANN),
      ]);
    }
  })();
  await using socket = await connect(live, "?since=3");
  await writing;
  const last = await live.api.store.events.lastSeq();
  assert.equal(last, 901);
  await upTo(socket, last);
  assert.deepEqual(seqs(socket), range(4, last));
});

Deno.test("a client that reconnects again and again with its last seq sees every event once", async () => {
  await using live = await serveTestApi();
  let since = 0;
  const seen: number[] = [];
  const writing = (async () => {
    for (let n = 0; n < 200; n++) await file(live, `${n}`);
  })();
  while (seen.length < 200) {
    await using socket = await connect(live, `?since=${since}`);
    await upTo(socket, since + 1);
    seen.push(...seqs(socket));
    since = seen[seen.length - 1];
  }
  await writing;
  assert.deepEqual(seen, range(1, 200));
});

Deno.test("since of the future, or too far behind, says resync and goes live", async () => {
  await using live = await serveTestApi();
  await file(live, "one");
  await using future = await connect(live, "?since=99");
  assert.deepEqual(await future.waitFor(({ type }) => type === "resync"), { type: "resync", seq: 1 });
  const actor = { kind: "human" as const, name: "h" };
  for (let n = 0; n < 5_010; n += 200) {
    const writes = range(1, 200).map((m) =>
      live.api.store.issues.edit("1", { title: `${n + m}` }, {}, actor)
    );
    await Promise.all(writes);
  }
  await using behind = await connect(live, "?since=0");
  const { seq } = await behind.waitFor(({ type }) => type === "resync");
  assert.equal(seq, await live.api.store.events.lastSeq());
  await file(live, "after");
  for (const socket of [future, behind]) await upTo(socket, seq + 1);
  assert.deepEqual(seqs(behind), [seq + 1]);
});

Deno.test("since that is no number is refused before the upgrade", async () => {
  await using live = await serveTestApi();
  for (const since of ["-1", "x", "1.5", "9".repeat(20)]) {
    await assert.rejects(connect(live, `?since=${since}`), since);
  }
});

Deno.test("run:<id> sends stored entries after the given one, then new ones as they are written", async () => {
  await using live = await serveTestApi();
  await file(live, "one");
  const { run, lease } = await claimNext(live.api.store);
  await live.api.store.runLog.append(run.id, lease.fence, entries(1, 450));
  await using all = await connect(live);
  all.send({ subscribe: `run:${run.id}`, after: 0 });
  await using live_only = await connect(live);
  live_only.send({ subscribe: `run:${run.id}` });
  const subscribed = await live_only.waitFor(({ type }) => type === "subscribed");
  assert.equal(subscribed.next, 450);
  const other = await live.api.another();
  await other.runLog.append(run.id, lease.fence, entries(451, 460));
  await live.api.store.runLog.append(run.id, lease.fence, entries(461, 900));
  const logSeqs = (socket: Socket) => logOf(socket).flatMap((m) => m.entries.map(({ seq }) => seq));
  const done = (socket: Socket) => socket.waitFor((m) => m.type === "run.log" && m.next === 900, "entry 900");
  await done(all);
  await done(live_only);
  assert.deepEqual(logSeqs(all), range(1, 900));
  assert.deepEqual(logSeqs(live_only), range(451, 900));
  assert.equal(logOf(all)[0].run_id, run.id);
  assert.deepEqual(logOf(all)[0].entries[0], { ...entries(1, 1)[0], at: logOf(all)[0].entries[0].at });
});

Deno.test("unsubscribe ends a run's log", async () => {
  await using live = await serveTestApi();
  await file(live, "one");
  const { run, lease } = await claimNext(live.api.store);
  await using socket = await connect(live);
  await using witness = await connect(live);
  for (const one of [socket, witness]) {
    one.send({ subscribe: `run:${run.id}` });
    await one.waitFor(({ type }) => type === "subscribed");
  }
  socket.send({ unsubscribe: `run:${run.id}` });
  await socket.waitFor(({ type }) => type === "unsubscribed");
  await live.api.store.runLog.append(run.id, lease.fence, entries(1, 3));
  await witness.waitFor(({ type }) => type === "run.log");
  socket.send({ unsubscribe: "activity" });
  await socket.waitFor((message) => message.unsubscribe === "activity");
  assert.deepEqual(logOf(socket), []);
});

Deno.test("activity tells the newest line of every run under way", async () => {
  await using live = await serveTestApi();
  const issue = await file(live, "one");
  const { run, lease } = await claimNext(live.api.store);
  await live.api.store.runLog.append(run.id, lease.fence, entries(1, 2));
  await using socket = await connect(live);
  socket.send({ subscribe: "activity" });
  const first = await socket.waitFor(({ type }) => type === "run.activity");
  assert.deepEqual(
    [first.run_id, first.issue_id, first.text, first.entry_type],
    [run.id, issue.id, "line 2", "text"],
  );
  const at = new Date().toISOString();
  await live.api.store.runLog.append(run.id, lease.fence, [
    { seq: 3, at, type: "tool_call", call_id: "c", tool: "Bash", input: '{"command":\n"ls"}' },
  ]);
  const next = await socket.waitFor((m) => m.type === "run.activity" && m.seq === 3);
  assert.deepEqual([next.text, next.entry_type], ['Bash {"command": "ls"}', "tool_call"]);
});

Deno.test("what a client sends wrong is told to it, and the socket goes on", async () => {
  await using live = await serveTestApi();
  await file(live, "one");
  await using socket = await connect(live);
  const bad = [
    null,
    [],
    7,
    "text",
    {},
    { subscribe: 7 },
    { subscribe: "run:" },
    { subscribe: "run:../x" },
    { subscribe: "everything" },
    { subscribe: "activity", after: -1 },
    { subscribe: "activity", extra: true },
    { subscribe: "run:none" },
  ];
  for (const [index, message] of bad.entries()) {
    socket.send(message);
    const errors = () => socket.messages.filter(({ type }) => type === "error");
    await socket.waitFor(() => errors().length === index + 1, JSON.stringify(message));
    assert.match(String(errors()[index].code), /^(invalid|malformed|not_found)$/);
  }
  const raw = new WebSocket(`ws://127.0.0.1:${live.port}/api/autopilot/ws`);
  const heard: Message[] = [];
  raw.onmessage = ({ data }) => {
    heard.push(JSON.parse(data));
    if (heard.filter(({ type }) => type === "error").length === 2) raw.send("x".repeat((64 << 10) + 1));
  };
  raw.onopen = () => {
    raw.send("{not json");
    raw.send(new Uint8Array([1, 2, 3]));
  };
  const { code } = await new Promise<CloseEvent>((resolve) => raw.onclose = resolve);
  assert.equal(code, 1009);
  assert.deepEqual(heard.filter(({ type }) => type === "error").map(({ code }) => code), [
    "malformed",
    "invalid",
  ]);
  await file(live, "two");
  await upTo(socket, 2);
});

Deno.test("S8 a client may send many messages, but one that floods the server is cut off", async () => {
  await using live = await serveTestApi();
  await using busy = await connect(live);
  for (let n = 0; n < 60; n++) busy.send({ subscribe: "run:none" });
  await busy.waitFor(() => busy.messages.filter(({ type }) => type === "error").length === 60, "60 answers");
  const raw = new WebSocket(`ws://127.0.0.1:${live.port}/api/autopilot/ws`);
  raw.onopen = () => {
    for (let n = 0; n < 5_000; n++) raw.send('{"subscribe":"run:none"}');
  };
  const { code } = await new Promise<CloseEvent>((resolve) => raw.onclose = resolve);
  // The system resets a connection that is closed with messages unread: then the code does not arrive.
  assert.ok([1008, 1006, 0].includes(code), `${code}`);
  await file(live, "one");
  await upTo(busy, 1);
  const metrics = await fetch(`http://127.0.0.1:${live.port}/metrics`);
  assert.match(await metrics.text(), /^autopilot_sockets 1$/m);
});

Deno.test("S8 a client that does not read is cut off, the others miss nothing", async () => {
  await using live = await serveTestApi();
  await using healthy = await connect(live);
  using stuck = await Deno.connect({ hostname: "127.0.0.1", port: live.port });
  const handshake =
    `GET /api/autopilot/ws HTTP/1.1\r\nHost: 127.0.0.1:${live.port}\r\nConnection: Upgrade\r\n` +
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  await stuck.write(new TextEncoder().encode(handshake));
  await healthy.waitFor(({ type }) => type === "hello");
  const sockets = async () => {
    const metrics = await fetch(`http://127.0.0.1:${live.port}/metrics`);
    return Number(/^autopilot_sockets (\d+)$/m.exec(await metrics.text())?.[1]);
  };
  while (await sockets() < 2) await file(live, "until both are in");
  // What the system buffers for a connection (some 4 MB) must be full before the server notices.
  const title = "x".repeat(300);
  let written = 0;
  while (await sockets() === 2) {
    assert.ok(written < 40_000, "The stuck client was never cut off");
    await Promise.all(range(1, 250).map(() => file(live, title)));
    written += 250;
    await upTo(healthy, await live.api.store.events.lastSeq());
  }
  assert.equal(await sockets(), 1);
  await file(live, "after");
  const last = await live.api.store.events.lastSeq();
  await upTo(healthy, last);
  assert.deepEqual(seqs(healthy), range(last - seqs(healthy).length + 1, last));
});

Deno.test("close() ends sockets with 1012, so that clients come back", async () => {
  await using live = await serveTestApi();
  const raw = new WebSocket(`ws://127.0.0.1:${live.port}/api/autopilot/ws`);
  await new Promise((resolve) => raw.onopen = resolve);
  const closed = new Promise<CloseEvent>((resolve) => raw.onclose = resolve);
  await live.api.app.close();
  const { code, reason } = await closed;
  assert.equal(code, 1012);
  assert.match(reason, /since=\d+$/);
});

Deno.test("S8 a socket for which there is no room is 503 before the upgrade, and told when to come back", async () => {
  await using live = await serveTestApi();
  // A hub that was closed takes nobody in, as one with ten thousand peers.
  await live.api.app.close();
  const answer = await live.raw(
    "GET /api/autopilot/ws HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  assert.match(answer, /^HTTP\/1\.1 503 /);
  assert.match(answer, /\r\nretry-after: \d+\r\n/i);
  assert.match(answer, /"code":"too_many_connections"/);
});

/** The run.log messages of a socket. */
function logOf(socket: Socket): (Message & { entries: LogEntry[]; run_id: string })[] {
  return socket.messages.filter(({ type }) => type === "run.log") as (Message & {
    entries: LogEntry[];
    run_id: string;
  })[];
}
