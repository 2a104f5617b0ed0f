import assert from "node:assert/strict";
import { join } from "node:path";
import type { Issue } from "../../src/domain/issue.ts";
import { run } from "../../src/process/spawn.ts";
import { assertClean, browserTest, openBoard } from "../support/browser.ts";
import { type ServerOptions, startServer, type TestServer } from "../support/server.ts";
import { detailsOf, eventsOf } from "../e2e/setup.ts";

/** A folder for temporary files, and a PATH with git and nothing else: no Claude Code, no bubblewrap. */
async function poorMachine() {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "autopilot-demo-test-" }));
  const [bin, tmp, data] = ["bin", "tmp", "data"].map((name) => join(dir, name));
  await Deno.mkdir(bin);
  await Deno.mkdir(tmp);
  const which = await run({ command: "which", args: ["git"], env: { PATH: Deno.env.get("PATH") ?? "" } });
  await Deno.symlink(which.stdout.trim(), join(bin, "git"));
  const options = (...args: string[]): ServerOptions => ({
    args: ["demo", ...args],
    data,
    // What is said here is meant for the real board.
    env: {
      PATH: bin,
      TMPDIR: tmp,
      AUTOPILOT_RUNNER: "1",
      AUTOPILOT_WORKDIR: "/nowhere",
      AUTOPILOT_HOST: "0.0.0.0",
    },
  });
  const left = async (folder: string) =>
    (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  return {
    tmp,
    options,
    left: () => left(tmp),
    async gitLog(): Promise<string[]> {
      const [demo] = await left(tmp);
      const cwd = join(tmp, demo, "corner-shop");
      const env = { PATH: Deno.env.get("PATH") ?? "", HOME: dir };
      return (await run({ command: "git", args: ["log", "--all", "--format=%an: %s"], cwd, env })).stdout
        .trim()
        .split("\n");
    },
    async untouched() {
      assert.deepEqual((await left(dir)).sort(), ["bin", "tmp"], "the real data folder was touched");
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** The issue of this number as soon as it is in this column. */
async function inColumn(server: TestServer, number: number, status: string): Promise<Issue> {
  await server.waitFor(
    (event) => event.type === "issue.status" && event.number === number && event.status === status,
    `#${number} in ${status}`,
  );
  return (await server.api<{ issue: Issue }>(`/issues/${number}`)).body.issue;
}

browserTest(
  "demo shows the whole loop on a machine with git only, labelled everywhere, and leaves nothing",
  async (browser) => {
    await using machine = await poorMachine();
    await using server = await startServer(machine.options());
    assert.match(server.log(), /^\[stdout\] DEMO: a script plays the agent\. No Claude, no key, no cost/m);
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    const { page } = board;
    await page.getByText("Demo, played by a script").waitFor();
    await board.card("In progress", "The basket shows").waitFor();
    await board.card("Ready", "A dark page").waitFor();
    await board.card("In progress", "The basket shows").click();
    await page.getByRole("tab", { name: "Transcript" }).click();
    await page.getByRole("log", { name: "Transcript" }).getByText("Add up whole cents").first().waitFor();
    await board.card("In review", "The basket shows").waitFor();
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByText("Math.round(price * 100)").first().waitFor();
    await board.card("Blocked", "A dark page").waitFor();
    await board.card("Done", "The basket shows").waitFor();
    await board.card("In review", "A dark page").waitFor();
    await board.card("Done", "A dark page").waitFor();
    await board.card("Backlog", "Sell gift cards").waitFor();
    await assertClean(board);

    const moves = (await eventsOf(server)).filter(({ type }) => type === "issue.status");
    assert.deepEqual(moves.filter(({ number }) => number === 2).map(({ status }) => status), [
      ...["ready", "in_progress", "blocked"],
      ...["ready", "in_progress", "in_review", "done"],
    ]);
    const seconds = (Date.parse(String(moves.at(-1)!.at)) - Date.parse(String(moves[0].at))) / 1000;
    assert.ok(seconds < 45, `30 seconds are promised, and on a busy machine it took ${seconds}`);
    for (const number of [1, 2]) {
      const { issue, comments, runs } = await detailsOf(server, { id: String(number) });
      assert.match(issue.body, /This is a demo: a script plays the agent/);
      for (const { body } of comments) {
        assert.match(
          body,
          /_Demo: a script wrote this, no agent and no person\._$/,
        );
      }
      for (const { cost_usd } of runs) assert.equal(cost_usd, 0);
    }
    const commits = await machine.gitLog();
    assert.equal(commits.length, 3);
    for (const commit of commits) assert.match(commit, /^Autopilot demo \(a script\): /);

    server.signal("SIGINT");
    assert.equal((await server.exited).code, 0);
    assert.deepEqual(await machine.left(), []);
    await machine.untouched();
  },
);

Deno.test("demo --by-hand leaves answers and reviews to people; what a killed demo leaves goes with the next", async () => {
  await using machine = await poorMachine();
  await using killed = await startServer(machine.options());
  await killed.kill();
  assert.equal((await machine.left()).length, 1);

  await using server = await startServer(machine.options("--by-hand"));
  assert.equal((await machine.left()).length, 1, "the folder of the killed demo is still there");
  // Two at a time don't take each other's folder for a left-over.
  await using other = await startServer(machine.options("--by-hand"));
  assert.equal((await machine.left()).length, 2);
  assert.equal(await other.stop(), 0);

  const own = await server.api<Issue>("/issues", {
    json: { title: "Mine", status: "ready", priority: "urgent" },
  });
  assert.equal((await inColumn(server, 4, "in_review")).id, own.body.id);
  const { body: diff } = await server.api<{ files: { path: string }[] }>("/issues/4/diff");
  assert.deepEqual(diff.files.map(({ path }) => path), ["notes/issue-4-1.md"]);

  await inColumn(server, 2, "blocked");
  await server.api("/issues/2/comments", { json: { author: "ann", body: "By a switch, please" } });
  await inColumn(server, 2, "in_review");
  const changed = await server.api<{ files: { path: string }[] }>("/issues/2/diff");
  assert.deepEqual(changed.body.files.map(({ path }) => path), ["index.html", "shop.css"]);

  // A stop in the middle of the play is one of an agent.
  await server.api("/issues/3/status", { json: { status: "ready" } });
  await inColumn(server, 3, "in_progress");
  await server.api("/issues/3/stop", { method: "POST" });
  assert.equal((await inColumn(server, 3, "backlog")).status, "backlog");
  const { runs } = await detailsOf(server, { id: "3" });
  assert.deepEqual(runs.map(({ outcome }) => outcome), ["stopped"]);

  assert.equal(await server.stop(), 0);
  assert.deepEqual(await machine.left(), []);
  await machine.untouched();
});
