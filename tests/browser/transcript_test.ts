import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import type { LogBody, LogEntry } from "../../src/domain/log_entry.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { assertClean, type Board, browserTest, openBoard } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { runEnd } from "../support/store.ts";
import { violations } from "./axe_check.ts";

interface Talk extends AsyncDisposable {
  server: TestServer;
  store: Store;
  /** Writes further entries of the newest run. */
  say(...entries: LogBody[]): Promise<void>;
  /** Ends the run and begins the next one. */
  again(): Promise<void>;
}

/** An issue on which an agent works, as another process. */
async function startTalk(): Promise<Talk> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startServer());
  const store = opened.use(
    await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock }),
  );
  await server.api("/issues", { json: { title: "Talks", status: "ready" } });
  const claim = async () => {
    const claim = await store.runs.claim({ id: "agent-7", host: "here", pid: 1 });
    assert.ok(claim !== null);
    return claim;
  };
  let { run, lease } = await claim();
  let seq = 0;
  const all = opened.move();
  return {
    server,
    store,
    async say(...bodies) {
      const entries: LogEntry[] = bodies.map((body) => ({
        seq: ++seq,
        at: new Date().toISOString(),
        ...body,
      }));
      for (let i = 0; i < entries.length; i += 500) {
        await store.runLog.append(run.id, lease.fence, entries.slice(i, i + 500));
      }
    },
    async again() {
      await store.runs.finish(run.id, lease.fence, runEnd({ cost_usd: 0.5, input_tokens: 1200 }));
      await server.api("/issues/1/status", { json: { status: "ready" } });
      ({ run, lease } = await claim());
      seq = 0;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const lines = (from: number, count: number): LogBody[] =>
  Array.from({ length: count }, (_, i) => ({ type: "text", text: `Line ${from + i}` }));

const watch = (browser: Parameters<typeof openBoard>[0], { server }: Talk, options = {}) =>
  openBoard(browser, `${server.url}/autopilot?issue=1&tab=transcript`, options);

/** The first row in sight and its distance from the top of the window. */
const ROW_IN_SIGHT = `(() => {
  const top = document.querySelector(".log-bar").getBoundingClientRect().bottom;
  const row = [...document.querySelectorAll(".row")].find((one) => one.getBoundingClientRect().bottom > top);
  return [row.textContent, Math.round(row.getBoundingClientRect().top)];
})()`;
/** A wheel's scrolling goes on for some frames. */
const SCROLLED = `new Promise((resolve) => {
  let last = 0;
  let still = 0;
  const look = () => {
    const top = document.querySelector(".panel-body").scrollTop;
    still = top === last && top > 1000 ? still + 1 : 0;
    last = top;
    if (still === 5) resolve();
    else requestAnimationFrame(look);
  };
  look();
})`;
const row = ({ page }: Board, text: string) => page.locator(".row").filter({ hasText: text });

browserTest(
  "transcript of 10,000 entries: draws what is seen, follows the end, keeps its place, jumps, finds",
  async (browser) => {
    await using talk = await startTalk();
    await talk.say(
      ...lines(1, 4_000),
      { type: "tool_call", call_id: "a", tool: "Bash", input: '{"command":"grep needle"}' },
      { type: "tool_result", call_id: "a", ok: true, text: "a hidden needle" },
      ...lines(4_001, 6_000),
    );
    await using board = await watch(browser, talk);
    const { page } = board;
    const bar = page.locator(".log-bar");
    await row(board, "Line 10000").waitFor();
    assert.ok(await page.locator(".row").count() < 100);
    // At the end it follows, however fast it comes, and nothing is missing.
    await talk.say(...lines(10_001, 5_000));
    await row(board, "Line 15000").waitFor();
    assert.ok(await page.locator(".row").count() < 100);

    await bar.getByRole("button", { name: "To the start" }).click();
    await row(board, "Line 1").first().waitFor();
    await page.mouse.move(1200, 700);
    await page.mouse.wheel(0, 2_000);
    await page.evaluate(SCROLLED);
    const before = await page.evaluate(ROW_IN_SIGHT);
    await talk.say(...lines(15_001, 2_000));
    await page.getByRole("button", { name: "2,000 new" }).waitFor();
    assert.deepEqual(await page.evaluate(ROW_IN_SIGHT), before);
    await page.getByRole("button", { name: "2,000 new" }).click();
    await row(board, "Line 17000").waitFor();

    const box = page.getByLabel("Find in transcript");
    await box.fill("NEEDLE");
    await bar.getByText("1 found").waitFor();
    await box.press("Enter");
    await row(board, "a hidden needle").waitFor();
    await bar.getByText("1 of 1").waitFor();
    await box.fill("line 150");
    await bar.getByText("111 found").waitFor();
    await box.press("Shift+Enter");
    await row(board, "Line 15099").waitFor();
    await box.press("Escape");
    assert.equal(await box.inputValue(), "");
    await page.getByRole("tab", { name: "Transcript", selected: true }).waitFor();
    await assertClean(board);
  },
);

browserTest(
  "transcript folds calls with their results, shows edits, to-dos and failures",
  async (browser) => {
    await using talk = await startTalk();
    const edit = {
      file_path: "/workspace/a.ts",
      old_string: "one\ntwo\nthree",
      new_string: "one\n2 \u202E\u001b[31m<b>\nthree",
    };
    await talk.say(
      { type: "thinking", text: "Which file?" },
      { type: "tool_call", call_id: "a", tool: "Edit", input: JSON.stringify(edit) },
      { type: "tool_result", call_id: "a", ok: true, text: "ok" },
      { type: "tool_call", call_id: "b", tool: "Bash", input: '{"command":"deno test"}' },
      {
        type: "todo",
        items: [{ text: "Find it", status: "completed" }, { text: "Mend it", status: "in_progress" }],
      },
      { type: "error", text: "529 overloaded" },
    );
    await using board = await watch(browser, talk, { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = board;
    await row(board, "Edit").locator("td.add").waitFor();
    assert.deepEqual(
      await page.evaluate(
        `[...document.querySelectorAll("td.code")].map((td) => [td.className, td.textContent])`,
      ),
      [
        ["code same", "one"],
        ["code del", "removed: two"],
        ["code add", "added: 2 ‹U+202E›<b>"],
        ["code same", "three"],
      ],
    );
    await row(board, "1 of 2 done").locator("li.todo-now", { hasText: "Mend it" }).waitFor();
    await page.locator(".log-sums").getByText("2 steps").waitFor();
    await page.locator(".log-sums").getByText("1 failed").waitFor();
    assert.equal(await page.getByText("Which file?").locator("visible=true").count(), 1);
    // A fold that was opened stays open, out of sight and back, and while its result comes.
    const bash = page.locator("details.tool", { hasText: "deno test" });
    await bash.locator("summary").click();
    await bash.getByText("Running").waitFor({ state: "attached" });
    await talk.say(
      { type: "tool_result", call_id: "b", ok: false, text: "1 failed\n\u001b[31mred" },
      ...lines(1, 300),
    );
    await row(board, "Line 300").waitFor();
    await page.getByRole("button", { name: "To the start" }).click();
    await bash.getByText("Failed", { exact: true }).first().waitFor({ state: "attached" });
    await bash.locator("pre.bad", { hasText: "red" }).waitFor();
    await row(board, "529 overloaded").hover();
    await row(board, "529 overloaded").getByRole("button", { name: "Copy" }).click();
    await page.getByText("It is copied").waitFor();
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), "529 overloaded");

    // The next attempt is shown when it begins; the one before can be chosen, and is part of the address.
    await talk.again();
    await talk.say({ type: "text", text: "Once more" });
    await row(board, "Once more").waitFor();
    await page.getByRole("combobox", { name: "Run" }).selectOption("1");
    await row(board, "Line 300").waitFor();
    await page.locator(".log-sums").getByText("$0.50").waitFor();
    assert.equal(new URL(page.url()).search, "?issue=1&tab=transcript&run=1");
    await page.reload();
    await row(board, "Line 300").waitFor();
    assert.deepEqual(await violations(board), []);
    await assertClean(board);
  },
);
