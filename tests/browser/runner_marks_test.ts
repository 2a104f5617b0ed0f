import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { browserTest, openBoard } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { runEnd } from "../support/store.ts";

browserTest("board says when agents have no sandbox, and why nothing is claimed", async (browser) => {
  await using server = await startServer();
  const waits = "$20 of the $20 for this day (UTC, AUTOPILOT_MAX_USD_PER_DAY) are spent";
  const state = { sandbox: "off", concurrency: 1, error: "", waits, warnings: ["No sandbox"] };
  let asked = 0;
  await using board = await openBoard(
    browser,
    `${server.url}/autopilot`,
    {},
    async (page) => {
      await page.route("**/readyz", (route) => {
        asked++;
        return route.fulfill({ json: { status: "ready", version: "x", database: "sqlite", runner: state } });
      });
    },
  );
  const store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
  await store.agents.seen({ id: "robo", host: "h", pid: 1 });
  await store.close();
  await board.page.getByText("Unsandboxed").waitFor();
  const held = board.page.getByText("Nothing is claimed");
  await held.waitFor();
  assert.equal(await held.getAttribute("title"), waits);
  assert.ok(asked >= 1);
});

browserTest(
  "board shows live that the agent has seen a comment, and which hosts its run was refused",
  async (browser) => {
    await using server = await startServer();
    const store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
    try {
      const { body } = await server.api("/issues", { json: { title: "Steered", status: "ready" } });
      const issue = body as { id: string };
      const claim = await store.runs.claim({ id: "robo", host: "h", pid: 1 });
      await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.id}`);
      const box = board.page.getByLabel("Comment");
      await box.fill("Use tabs");
      await box.press("Control+Enter");
      const entry = board.page.locator("article", { hasText: "Use tabs" });
      await entry.waitFor();
      const seen = entry.getByText("Seen by the agent");
      assert.equal(await seen.count(), 0);
      const [comment] = await store.comments.list(issue.id);
      await store.comments.markDelivered(claim!.run.id, claim!.lease.fence, [comment.id]);
      await seen.waitFor();

      // A host that the agent made up is text, whatever it holds: no markup, no hidden turn of direction.
      const hosts = ["a.example", '"><img src=x onerror=alert(1)>\u202e'];
      await store.runs.finish(
        claim!.run.id,
        claim!.lease.fence,
        runEnd({ outcome: "failed", refused_hosts: hosts }),
      );
      for (const place of [board.card("Blocked", "Steered"), board.page.locator(".panel")]) {
        const badge = place.locator(".badge", { hasText: "Refused: 2 hosts" });
        await badge.waitFor();
        const shown = 'a.example, "><img src=x onerror=alert(1)>‹U+202E›';
        assert.equal(
          await badge.getAttribute("title"),
          `Not reached, as far as the transcript tells: ${shown}`,
        );
        assert.equal(await badge.textContent(), `Refused: 2 hosts: ${shown}`);
        assert.equal(await badge.locator("img").count(), 0);
      }
    } finally {
      await store.close();
    }
  },
);
