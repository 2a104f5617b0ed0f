import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import type { Comment } from "../../src/domain/comment.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { openStore } from "../../src/store/open.ts";
import type { RunEnd, Store } from "../../src/store/store.ts";
import { assertClean, type Board, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { newComment, runEnd } from "../support/store.ts";

/** Files an issue and lets an agent's run on it end so. */
async function ended(
  { server, store }: { server: TestServer; store: Store },
  title: string,
  end: Partial<RunEnd>,
): Promise<Issue> {
  const { body } = await server.api<Issue>("/issues", { json: { title, status: "ready" } });
  const claim = await store.runs.claim({ id: "agent-7", host: "here", pid: 1 });
  assert.equal(claim?.issue.id, body.id);
  await store.runs.finish(claim.run.id, claim.lease.fence, runEnd(end));
  return body;
}

const strip = (board: Board) => board.page.getByRole("region", { name: /^Needs you/ });

browserTest(
  "strip shows what waits for a person, questions first; title and icon count it",
  async (browser) => {
    await using server = await startServer();
    await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    assert.equal(await strip(board).count(), 0);
    assert.equal(await board.page.title(), "Autopilot");

    const ended_in = (title: string, end: Partial<RunEnd>) => ended({ server, store }, title, end);
    await ended_in("Is done", {
      outcome: "implemented",
      commit: "c",
      branch: "autopilot/1-x",
      checks: "passed",
    });
    await ended_in("Broke", { outcome: "failed" });
    await ended_in("Asks", { outcome: "needs_input" });
    await ended_in("Is red", {
      outcome: "checks_failed",
      commit: "c",
      branch: "autopilot/4-x",
      checks: "failed",
    });
    await strip(board).getByText("Needs you 4").waitFor();
    const words = await strip(board).getByRole("button").locator("b").allTextContents();
    assert.deepEqual(words, ["Question", "Failed", "Review", "Review, checks fail"]);
    await board.card("Blocked", "Broke").getByText("Failed", { exact: true }).waitFor();
    assert.equal(await board.card("Blocked", "Broke").getByRole("button", { name: "Answer" }).count(), 0);
    assert.equal(await board.page.title(), "(4) Autopilot");
    // The part that draws the count comes late.
    const icon = `decodeURIComponent(document.querySelector("link[rel=icon]").getAttribute("href"))`;
    await untilTrue(board.page, `/^data:image\\/svg\\+xml,.*>4<\\/text>/s.test(${icon})`);

    await strip(board).getByRole("button", { name: "Broke" }).click();
    await board.page.getByRole("complementary", { name: "Broke" }).waitFor();
    for (let number = 1; number <= 4; number++) {
      await server.api(`/issues/${number}/status`, { json: { status: "done" } });
    }
    await strip(board).waitFor({ state: "detached" });
    assert.equal(await board.page.title(), "Autopilot");
    await untilTrue(board.page, `${icon} === "/autopilot/icon.svg"`);
    await assertClean(board);
  },
);

browserTest("strip and card answer a question on the spot", async (browser) => {
  await using server = await startServer();
  await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
  const ask = (title: string, question: string) =>
    ended({ server, store }, title, {
      outcome: "needs_input",
      comments: [newComment(question, { author: "agent-7", author_kind: "agent", trust: "agent" })],
    });
  const first = await ask("First", "Red or **blue**?");
  const second = await ask("Second", "Up or down?");
  await using board = await openBoard(browser, `${server.url}/autopilot`);

  await strip(board).getByRole("button", { name: "First" }).click();
  const box = board.page.getByRole("dialog", { name: "First" });
  await box.locator("strong", { hasText: "blue" }).waitFor();
  // A text that was begun survives a change of mind.
  await board.page.keyboard.type("Bl");
  await board.page.keyboard.press("Escape");
  await box.waitFor({ state: "detached" });
  await board.card("Blocked", "First").getByRole("button", { name: "Answer" }).click();
  await box.getByLabel("Answer").press("End");
  await board.page.keyboard.type("ue");
  await box.getByRole("button", { name: "Send" }).click();
  await board.card("Ready", "First").waitFor();
  await box.waitFor({ state: "detached" });

  await board.card("Blocked", "Second").getByRole("button", { name: "Answer" }).click();
  await board.page.getByRole("dialog", { name: "Second" }).getByText("Up or down?").waitFor();
  await board.page.keyboard.type("Down");
  await board.page.keyboard.press("Control+Enter");
  await board.card("Ready", "Second").waitFor();
  for (const [{ id }, answer] of [[first, "Blue"], [second, "Down"]] as const) {
    const { body } = await server.api<Comment[]>(`/issues/${id}/comments`);
    assert.deepEqual(body.slice(1).map((comment) => comment.body), [answer]);
  }
  await assertClean(board);
});
