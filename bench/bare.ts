/**
 * The ceilings: the least that a Deno server can do for the same answer. A process of its own, as the real
 * server is; prints its port.
 */

import { DatabaseSync } from "node:sqlite";

const [mode, argument] = Deno.args;

/** Answers of a fixed text. */
function fixed(size: number): Deno.ServeHandler {
  const body = "x".repeat(size);
  const init = { headers: { "content-type": "application/json" } };
  return () => new Response(body, init);
}

function notModified(): Deno.ServeHandler {
  const init = { status: 304, headers: { etag: '"1"' } };
  return () => new Response(null, init);
}

/** The same durable work for a new issue without framework, validation, query builder or events' fan-out. */
function insert(path: string): Deno.ServeHandler {
  const db = new DatabaseSync(path);
  db.exec("pragma journal_mode = wal; pragma synchronous = full");
  db.exec(
    "create table issues (id text primary key, number integer, title text, body text, status text, created_at text) strict",
  );
  db.exec(
    "create table events (seq integer primary key, type text, issue_id text, data text, at text) strict",
  );
  const addIssue = db.prepare("insert into issues values (?, ?, ?, ?, 'backlog', ?)");
  const addEvent = db.prepare(
    "insert into events (type, issue_id, data, at) values ('issue.created', ?, ?, ?)",
  );
  const init = { status: 201, headers: { "content-type": "application/json" } };
  let number = 0;
  return async (request) => {
    const { title, body = "" } = await request.json();
    const issue = {
      id: crypto.randomUUID(),
      number: ++number,
      title,
      body,
      status: "backlog",
      created_at: new Date().toISOString(),
    };
    db.exec("begin immediate");
    addIssue.run(issue.id, issue.number, issue.title, issue.body, issue.created_at);
    addEvent.run(issue.id, JSON.stringify({ title }), issue.created_at);
    db.exec("commit");
    return new Response(JSON.stringify(issue), init);
  };
}

/** Sends a text of this size to every socket on each POST. */
function fanOut(size: number): Deno.ServeHandler {
  const sockets = new Set<WebSocket>();
  const text = "x".repeat(size);
  return (request) => {
    if (request.method === "POST") {
      for (const socket of sockets) if (socket.readyState === WebSocket.OPEN) socket.send(text);
      return new Response("{}");
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    return response;
  };
}

const handlers: Record<string, () => Deno.ServeHandler> = {
  fixed: () => fixed(Number(argument)),
  "not-modified": notModified,
  insert: () => insert(argument),
  "fan-out": () => fanOut(Number(argument)),
};
const handler = handlers[mode];
if (handler === undefined) throw new Error(`bare.ts: unknown mode ${mode}`);
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`)),
}, handler());
