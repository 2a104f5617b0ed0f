import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { exists } from "../../src/archive/swap.ts";
import { runMain, startServer, type TestServer } from "../support/server.ts";

interface Folder extends AsyncDisposable {
  dir: string;
  /** A data folder in it. */
  data: string;
  run(...args: string[]): ReturnType<typeof runMain>;
}

async function tempFolder(): Promise<Folder> {
  const dir = await Deno.makeTempDir({ prefix: "autopilot-backup-test-" });
  const data = join(dir, "data");
  return {
    dir,
    data,
    run: (...args) => runMain({ data, args }),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

async function attach(server: TestServer, issue_id: string, bytes: Uint8Array): Promise<string> {
  const body = new FormData();
  body.append("file", new Blob([bytes as Uint8Array<ArrayBuffer>]), "notes.bin");
  const { body: attachment } = await server.api<{ id: string }>(`/issues/${issue_id}/attachments`, {
    method: "POST",
    body,
  });
  return attachment.id;
}

/** Everything that the API tells of a board. */
async function boardOf(server: TestServer) {
  const { body: list } = await server.api<{ id: string }[]>("/issues?limit=500");
  const { body: log } = await server.api<{ events: unknown[] }>("/events?limit=1000");
  const issues = [];
  for (const { id } of list) issues.push((await server.api(`/issues/${id}`)).body);
  return { issues, events: log.events };
}

Deno.test("backup while a server writes is of one moment, and restore brings exactly that back", async () => {
  await using folder = await tempFolder();
  const { dir, data } = folder;
  const early = join(dir, "early.tar");
  const late = join(dir, "late.tar");
  const bytes = crypto.getRandomValues(new Uint8Array(40_000));
  let before;
  let upload = "";
  {
    await using server = await startServer({ data });
    const { body: first } = await server.api<{ id: string }>("/issues", {
      json: { title: "First", body: "One" },
    });
    upload = await attach(server, first.id, bytes);
    let writing = true;
    let written = 1;
    const writer = (async () => {
      for (; writing; written++) await server.api("/issues", { json: { title: `Number ${written + 1}` } });
    })();
    const { code, stderr } = await folder.run("backup", early);
    assert.equal(code, 0, stderr);
    writing = false;
    await writer;
    await server.api(`/issues/${first.id}/comments`, { json: { body: "A word" } });
    assert.equal((await folder.run("backup", late)).code, 0);
    before = await boardOf(server);
    assert.equal(before.issues.length, written);

    // In use: nothing is touched.
    const refused = await folder.run("restore", early);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /in use: stop the server/);
    assert.equal(await server.stop(), 0);
  }

  const listed = await new Deno.Command("tar", { args: ["tf", late] }).output();
  assert.match(
    new TextDecoder().decode(listed.stdout),
    /^autopilot\.db\nuploads\/[0-9a-f]{32}\nmanifest\.json\n$/,
  );
  assert.equal((await Deno.stat(late)).mode! & 0o777, 0o600);

  const restored = await folder.run("restore", early, "--json");
  assert.equal(restored.code, 0, restored.stderr);
  const { aside } = JSON.parse(restored.stdout);
  assert.equal(aside.length, 2);
  for (const path of aside) assert.ok(await exists(path));
  {
    await using server = await startServer({ data });
    const then = await boardOf(server);
    // A whole beginning of what came to be: the events tell it without a gap.
    assert.ok(then.issues.length >= 1);
    assert.deepEqual(then.events, before.events.slice(0, then.events.length));
    assert.equal(then.events.length, then.issues.length + 1);
  }
  assert.equal((await folder.run("restore", late)).code, 0);
  {
    await using server = await startServer({ data });
    assert.deepEqual(await boardOf(server), before);
    const file = await fetch(`${server.url}/api/autopilot/uploads/${upload}`);
    assert.deepEqual(new Uint8Array(await file.arrayBuffer()), bytes);
  }
  // As after a restore that died before its first step.
  const moved = {
    staged: join(data, "autopilot.db.new"),
    target: join(data, "autopilot.db"),
    aside: join(data, "was"),
  };
  await Deno.copyFile(moved.target, moved.staged);
  await Deno.writeTextFile(join(data, "restore.json"), JSON.stringify({ moves: [moved] }));
  assert.match((await folder.run()).stderr, /was cut off\. Nothing is lost: "autopilot restore --finish"/);
  assert.match((await folder.run("restore", late)).stderr, /--finish" first/);
  assert.match((await folder.run("restore", "--finish")).stdout, /finished/);
  assert.ok(await exists(moved.aside));
  // The board's own folder again, and nothing half done in it.
  const names = [...Deno.readDirSync(data)].map(({ name }) => name);
  assert.deepEqual(names.filter((name) => /restor/.test(name) && !name.includes(".before-restore-")), []);
});

Deno.test("what export wrote import takes into an empty board, once", async () => {
  await using folder = await tempFolder();
  const file = join(folder.dir, "board.tar");
  const bytes = crypto.getRandomValues(new Uint8Array(10_000));
  let before;
  let upload = "";
  {
    await using server = await startServer({ data: folder.data });
    const { body: issue } = await server.api<{ id: string }>("/issues", { json: { title: "Grüße" } });
    upload = await attach(server, issue.id, bytes);
    const { code, stdout } = await folder.run("export", file, "--json");
    assert.deepEqual([code, JSON.parse(stdout).rows.issues], [0, 1]);
    before = await boardOf(server);
    assert.match((await folder.run("import", file)).stderr, /in use/);
  }
  await using other = await tempFolder();
  assert.equal((await other.run("import", file)).code, 0);
  const again = await other.run("import", file);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /not empty.*Nothing was changed/);
  assert.match((await other.run("restore", file)).stderr, /use "autopilot import"/);
  await using server = await startServer({ data: other.data });
  assert.deepEqual(await boardOf(server), before);
  const answer = await fetch(`${server.url}/api/autopilot/uploads/${upload}`);
  assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), bytes);
});

Deno.test("restore refuses what is damaged, cut off, foreign or newer, and changes nothing", async () => {
  await using folder = await tempFolder();
  const { dir, data } = folder;
  {
    await using server = await startServer({ data });
    await server.api("/issues", { json: { title: "The only one" } });
  }
  const good = join(dir, "good.tar");
  assert.equal((await folder.run("backup", good)).code, 0);
  assert.match((await folder.run("backup", good)).stderr, /exists already/);
  const whole = await Deno.readFile(good);
  const board = await Deno.readFile(join(data, "autopilot.db"));

  const bad = join(dir, "bad.tar");
  const cases: [string, Uint8Array, RegExp][] = [
    ["cut off in the middle", whole.subarray(0, whole.length / 2), /cut off/],
    ["without its end", whole.subarray(0, whole.length - 2_048), /cut off|no manifest/],
    ["one byte changed", changed(whole, 512 + 30_000), /damaged/],
    ["its header changed", changed(whole, 10), /no tar file/],
    ["something else", new TextEncoder().encode("Hello, world!".repeat(100)), /no tar file/],
    ["empty", new Uint8Array(), /cut off/],
    ["a broken database", whole.subarray(512, 512 + 20_000), /can't be read|damaged|belong/],
  ];
  for (const [what, bytes, reason] of cases) {
    await Deno.writeFile(bad, bytes);
    const { code, stderr } = await folder.run("restore", bad);
    assert.equal(code, 1, what);
    assert.match(stderr, reason, what);
    assert.match(stderr, /Nothing was changed/, what);
  }
  assert.deepEqual(await Deno.readFile(join(data, "autopilot.db")), board);
  assert.deepEqual([...Deno.readDirSync(data)].filter(({ name }) => /restor/.test(name)), []);
  assert.match((await folder.run("restore", "--check", good)).stdout, /is whole/);

  // A bare database, as it is kept before a new schema: taken, but not from a later version.
  const copy = join(dir, "autopilot.db.before-0002_last_outcome");
  await Deno.writeFile(copy, whole.subarray(512, 512 + sizeInHeader(whole)));
  assert.equal((await folder.run("restore", copy)).code, 0);
  {
    using db = new DatabaseSync(copy);
    db.exec("insert into kysely_migration (name, timestamp) values ('9999_future', '')");
  }
  const newer = await folder.run("restore", copy);
  assert.equal(newer.code, 1);
  assert.match(newer.stderr, /newer schema.*9999_future.*Nothing was changed/);
  await using server = await startServer({ data });
  assert.equal((await boardOf(server)).issues.length, 1);
});

/** Of the first file in a tar, which is the database. */
function sizeInHeader(tar: Uint8Array): number {
  return parseInt(new TextDecoder().decode(tar.subarray(124, 135)), 8);
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] ^= 0xff;
  return copy;
}
