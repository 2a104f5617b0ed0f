import assert from "node:assert/strict";
import type { Issue } from "../../src/domain/issue.ts";
import { cliFor } from "../support/cli.ts";
import { startServer } from "../support/server.ts";

/** A terminal would act on each of these: clear the screen, colour, turn the reading order, hide. */
const HOSTILE = "Evil \x1b[2J\x1b]0;title\x07 \u202eyas\u202c \u200bzero \x9b31m end";
const STEERS = /(?![\n\t])[\p{Cc}\u202a-\u202e\u200b]/u;

Deno.test("commands file, list, show, move and comment on issues of a running server", async () => {
  await using server = await startServer();
  await using cli = await cliFor(server);
  const issue = await cli.json<Issue>(["issue", "new", "Fix it", "--kind", "bug", "--priority", "high"]);
  assert.deepEqual([issue.title, issue.kind, issue.priority, issue.status], [
    "Fix it",
    "bug",
    "high",
    "backlog",
  ]);
  const piped = await cli.run(["issue", "new", HOSTILE, "--body", "-", "--ready", "--human-only"], {
    stdin: `One\n${HOSTILE}\n`,
  });
  assert.equal(piped.code, 0, piped.stderr);
  assert.doesNotMatch(piped.stdout, STEERS);
  assert.match(
    piped.stdout,
    /^#2 +ready +Evil \\u\{1b\}\[2J.*\nhttp:\/\/127\.0\.0\.1:\d+\/autopilot\?issue=\S+\n$/,
  );

  const [list, filtered, none, shown, shown_json] = await Promise.all([
    cli.run(["issue", "list"]),
    cli.json<Issue[]>(["issue", "list", "--status", "backlog", "--limit", "1"]),
    cli.run(["issue", "list", "--search", "nothing-like-this"]),
    cli.run(["issue", "show", "#2"]),
    cli.run(["issue", "show", "2", "--json"]),
  ]);
  assert.deepEqual(list.stdout.match(/^#\d+ +\w+/gm), ["#2    ready", "#1    backlog"]);
  assert.match(list.stdout, /^#1 +backlog +high +Fix it$/m);
  assert.deepEqual(filtered.map(({ number }) => number), [1]);
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", "No issue is like that\n"]);
  assert.match(shown.stdout, /ready · feature · normal · for humans only/);
  assert.match(shown.stdout, /^ {2}One\n {2}Evil/m);
  const detail = JSON.parse(shown_json.stdout);
  assert.deepEqual([detail.issue.title, detail.issue.body], [HOSTILE, `One\n${HOSTILE}\n`]);
  for (const { stdout } of [list, shown, shown_json]) assert.doesNotMatch(stdout, STEERS);

  const moved = await cli.run(["issue", "move", issue.id, "blocked"]);
  assert.deepEqual([moved.code, moved.stdout], [0, "#1    blocked     high   Fix it\n"]);
  const answered = await cli.run(["issue", "comment", "1", "Do it so"]);
  assert.deepEqual([answered.code, answered.stdout], [0, "Added: the issue is ready again\n"]);
  const comment = await cli.json<{ comment: { body: string } }>(["issue", "comment", "1", "More"]);
  assert.equal(comment.comment.body, "More");

  const [agents, agents_json, openapi] = await Promise.all([
    cli.run(["agents"]),
    cli.json(["agents"]),
    cli.json<{ openapi: string }>(["openapi"]),
  ]);
  assert.deepEqual([agents.code, agents.stdout, agents_json], [0, "", []]);
  assert.match(agents.stderr, /runner is off/);
  assert.match(openapi.openapi, /^3\.1/);
});

Deno.test("commands end with 2 before they ask, 3 when the server says no, 5 when there is none", async () => {
  await using server = await startServer();
  await using cli = await cliFor(server);
  await server.api("/issues", { json: { title: "One" } });
  const expected: [args: string[], code: number, stderr: RegExp][] = [
    [["issue", "move", "1", "redy"], 2, /"redy" can't be used: .*ready/],
    [["issue", "move", "1"], 2, /Missing required argument 'status'[\s\S]*autopilot issue move --help/],
    [["issue", "list", "--limit", "x"], 2, /--limit "x"/],
    [["issue", "watch", "--until", "done"], 2, /--until needs an issue/],
    [["issue"], 2, /group of commands[\s\S]*autopilot issue new/],
    [["issue", "move", "1", "in_progress"], 3, /Only a claim[\s\S]*Possible now: ready, blocked/],
    [["issue", "show", "99"], 3, /No issue "99"/],
    [["issue", "new", " "], 3, /title: Must not be empty/],
    [["issue", "list", "--status", "redy"], 3, /status/],
    [["logs", "1"], 3, /no run yet/],
  ];
  await Promise.all(expected.map(async ([args, code, stderr]) => {
    const ended = await cli.run(args);
    assert.deepEqual([ended.code, ended.stdout], [code, ""], `${args.join(" ")}: ${ended.stderr}`);
    assert.match(ended.stderr, stderr);
    assert.doesNotMatch(ended.stderr, /\n\s+at /, "a stack is of no use here");
  }));
  const json = await cli.run(["issue", "show", "99", "--json"]);
  assert.deepEqual([json.code, json.stdout], [3, ""]);
  assert.equal(JSON.parse(json.stderr).code, "not_found");

  assert.equal(await server.stop(), 0);
  const [gone, followed] = await Promise.all([cli.run(["agents"]), cli.run(["issue", "watch"])]);
  for (const { code, stderr } of [gone, followed]) {
    assert.equal(code, 5, stderr);
    assert.match(
      stderr,
      /No server answers at http:\/\/127\.0\.0\.1:\d+ .*\n.*autopilot serve.*AUTOPILOT_URL/,
    );
  }
});

Deno.test("issue watch shows each event once, over a restart of the server, until the issue is where it should be", async () => {
  const data = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    await using first = await startServer({ data });
    await first.api("/issues", { json: { title: HOSTILE } });
    await using cli = await cliFor(first);
    const watch = await cli.start([
      "issue",
      "watch",
      "1",
      "--until",
      "in_review,done",
      "--since",
      "0",
      "--json",
    ]);
    await watch.line(/"type":"issue.created"/);
    await first.api("/issues/1/status", { json: { status: "ready" } });
    await watch.line(/"status":"ready"/);
    assert.equal(await first.stop(), 0);
    await watch.line(/connection is lost/);

    await using second = await startServer({ data, args: ["--port", new URL(first.url).port] });
    await second.api("/issues", { json: { title: "Another" } });
    await second.api("/issues/1/status", { json: { status: "blocked" } });
    await second.api("/issues/1/status", { json: { status: "done" } });
    assert.equal(await watch.code, 0);
    const events = watch.lines.map((line) => JSON.parse(line));
    assert.deepEqual(events.map(({ type, status }) => [type, status]), [
      ["issue.created", "backlog"],
      ["issue.status", "ready"],
      ["issue.status", "blocked"],
      ["issue.status", "done"],
    ]);
    for (const line of watch.lines) assert.doesNotMatch(line, STEERS);

    // It is there already: nothing to wait for.
    const there = await cli.run(["issue", "watch", "1", "--until", "done"]);
    assert.deepEqual([there.code, there.stdout], [0, ""]);
    assert.equal(await second.stop(), 0);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("commands show their token, over the socket too, and end with 4 where it is missing or may not", async () => {
  await using server = await startServer({ auth: true });
  await using cli = await cliFor(server);
  const [member, reader] = await Promise.all([server.mint("member"), server.mint("read")]);
  const as = ({ token }: { token: string }) => ({ env: { AUTOPILOT_TOKEN: token } });
  const [nobody, follower, refused, made] = await Promise.all([
    cli.run(["issue", "list"]),
    cli.run(["issue", "watch"]),
    cli.run(["issue", "new", "One"], as(reader)),
    cli.run(["issue", "new", "One", "--json"], as(member)),
  ]);
  for (const { code, stderr } of [nobody, follower]) {
    assert.equal(code, 4, stderr);
    assert.match(stderr, /AUTOPILOT_TOKEN/);
  }
  assert.equal(refused.code, 4, refused.stderr);
  assert.match(refused.stderr, /may not do this/);
  assert.equal(made.code, 0, made.stderr);
  const watched = await cli.run(["issue", "watch", "1", "--until", "backlog", "--since", "0"], as(reader));
  assert.equal(watched.code, 0, watched.stderr);
  assert.match(watched.stdout, /issue\.created +#1 backlog One/);
  for (const { stdout, stderr } of [refused, made, watched]) {
    assert.ok(!(stdout + stderr).includes(reader.token) && !(stdout + stderr).includes(member.token));
  }
});

Deno.test("issue watch ends when nobody reads what it prints", async () => {
  await using server = await startServer();
  await using cli = await cliFor(server);
  const watch = await cli.start(["issue", "watch", "--since", "0"]);
  await server.api("/issues", { json: { title: "One" } });
  await watch.line(/issue\.created/);
  await watch.stopReading();
  await server.api("/issues", { json: { title: "Two" } });
  assert.equal(await watch.code, 0);
});

Deno.test("config shows each value with its source, and no secret", async () => {
  await using cli = await cliFor({ url: "http://127.0.0.1:1" });
  const folder = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    await Deno.writeTextFile(`${folder}/url`, "postgres://me:hush@db/x\n");
    await Deno.writeTextFile(`${folder}/a.env`, "AUTOPILOT_MODEL=opus\nAUTOPILOT_LOG_LEVEL=debug\n");
    const env = { AUTOPILOT_DATABASE_URL_FILE: `${folder}/url`, AUTOPILOT_TOKEN: "ap_a_hush" };
    const args = ["config", "--config", `${folder}/a.env`, "--log-level", "error"];
    const [{ code, stdout }, text] = await Promise.all([
      cli.run([...args, "--json"], { env }),
      cli.run(args, { env }),
    ]);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout + text.stdout, /hush/);
    const rows: { name: string; value: string; source: string }[] = JSON.parse(stdout);
    const of = (wanted: string) => {
      const row = rows.find(({ name }) => name === wanted);
      return [row?.value, row?.source];
    };
    assert.deepEqual(of("database_url"), [
      "postgres://me:***@db/x",
      `AUTOPILOT_DATABASE_URL_FILE (${folder}/url)`,
    ]);
    assert.deepEqual(of("token"), ["***", "AUTOPILOT_TOKEN"]);
    assert.deepEqual(of("log_level"), ["error", "--log-level"]);
    assert.deepEqual(of("model"), ["opus", `AUTOPILOT_MODEL in ${folder}/a.env`]);
    assert.deepEqual(of("concurrency"), ["1", "default"]);
    assert.match(text.stdout, /^AUTOPILOT_LOG_LEVEL +error +--log-level$/m);

    const gone = await cli.run(["config"], { env: { AUTOPILOT_TOKEN_FILE: `${folder}/none` } });
    assert.equal(gone.code, 2);
    assert.match(gone.stderr, /AUTOPILOT_TOKEN_FILE = ".*none": the file can't be read/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
