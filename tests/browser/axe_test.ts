import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { systemClock } from "../../src/clock.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { openStore } from "../../src/store/open.ts";
import { browserTest, openBoard } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { violations } from "./axe_check.ts";

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(`axe finds nothing wrong on any view, ${colorScheme}`, async (browser) => {
    await using server = await startServer();
    await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
    await using board = await openBoard(browser, `${server.url}/autopilot`, { colorScheme });
    const { page } = board;
    assert.deepEqual(await violations(board), [], "empty board");

    for (const kind of ["feature", "bug", "chore", "question", "feedback"]) {
      await server.api("/issues", {
        json: { title: `A ${kind}`, kind, human_only: kind === "chore", assignee: "ann" },
      });
    }
    await server.api("/feedback", { json: { message: "Too small letters" } });
    for (const status of ["blocked", "in_review", "done"]) {
      await server.api("/issues", {
        json: {
          title: `Is ${status}`,
          status,
          priority: "urgent",
          body: "`code` and [link](https://a.invalid)",
        },
      });
    }
    const { body: issue } = await server.api<Issue>("/issues", { json: { title: "Works", status: "ready" } });
    const claim = await store.runs.claim({ id: "agent-7", host: "here", pid: 1 });
    assert.equal(claim?.issue.id, issue.id);
    const at = new Date().toISOString();
    await store.runLog.append(claim.run.id, claim.lease.fence, [
      { seq: 1, at, type: "text", text: "Looking" },
      { seq: 2, at, type: "tool_call", call_id: "a", tool: "Bash", input: "{}" },
      {
        seq: 3,
        at,
        type: "todo",
        items: [{ text: "One", status: "completed" }, { text: "Two", status: "pending" }],
      },
      { seq: 4, at, type: "error", text: "It broke" },
    ]);
    await board.card("In progress", "Works").getByText("It broke").waitFor();
    assert.deepEqual(await violations(board), [], "full board");

    await page.getByRole("region", { name: /^Needs you/ }).getByRole("button", { name: "Is blocked" })
      .click();
    await page.getByRole("dialog").getByLabel("Answer").waitFor();
    assert.deepEqual(await violations(board), [], "answer");
    await page.keyboard.press("Escape");

    await page.keyboard.press("Control+k");
    await page.keyboard.type("a");
    await page.getByRole("option").first().waitFor();
    assert.deepEqual(await violations(board), [], "palette");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    assert.deepEqual(await violations(board), [], "shortcuts");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("dialog", { name: "Settings" }).waitFor();
    assert.deepEqual(await violations(board), [], "settings");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("dialog", { name: "Filter" }).getByLabel("High", { exact: true }).check();
    await page.getByText("No issue matches").waitFor();
    assert.deepEqual(await violations(board), [], "filter");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Clear filter" }).click();

    await board.card("Backlog", "A bug").hover();
    await page.getByRole("button", { name: "Move #2" }).click();
    await page.getByRole("menu").waitFor();
    assert.deepEqual(await violations(board), [], "menu");
    await page.keyboard.press("Escape");
    await page.keyboard.press("c");
    await page.getByLabel("Title").waitFor();
    assert.deepEqual(await violations(board), [], "form");
    await page.getByLabel("Title").fill("With a file");
    await page.getByLabel("Attach files").setInputFiles({
      name: "a.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("a"),
    });
    await page.getByRole("button", { name: /Leave out\s*a\.txt/ }).waitFor();
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("Nothing to show yet.").waitFor();
    assert.deepEqual(await violations(board), [], "form with content");
    await page.getByRole("button", { name: "Discard" }).click();
    await page.keyboard.press("Escape");

    for (const title of ["Is blocked", "Is in_review", "Works"]) {
      await page.getByRole("link", { name: title }).click();
      await page.getByRole("heading", { name: title }).waitFor();
      assert.deepEqual(await violations(board), [], title);
    }
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("dialog", { name: /^Edit/ }).waitFor();
    assert.deepEqual(await violations(board), [], "edit");
    await page.keyboard.press("Escape");
    for (const tab of ["Transcript", "Runs"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByText(tab === "Runs" ? "Run 1" : "Looking").waitFor();
      assert.deepEqual(await violations(board), [], tab);
    }
    await page.goto(`${server.url}/autopilot?issue=6`);
    await page.getByRole("button", { name: "Hand to agents", exact: true }).click();
    await page.getByRole("dialog", { name: "Hand #6 to the agents?" }).locator("pre").first().waitFor();
    assert.deepEqual(await violations(board), [], "promotion");
    await page.keyboard.press("Escape");
    await page.context().setOffline(true);
    await page.getByText("The server is away.").waitFor();
    assert.deepEqual(await violations(board), [], "offline");
    await page.context().setOffline(false);
    await page.getByText("Live", { exact: true }).waitFor();

    await page.goto(`${server.url}/autopilot?view=agents`);
    await page.locator(".chart canvas").last().waitFor();
    await page.getByText("Numbers").first().click();
    await page.getByRole("table").waitFor();
    assert.deepEqual(await violations(board), [], "agents");

    await page.goto(`${server.url}/autopilot/demo`);
    await page.getByRole("button", { name: "Autopilot", exact: true }).waitFor();
    await page.getByRole("button", { name: "Feedback", exact: true }).waitFor();
    assert.deepEqual(await violations(board), [], "demo");
    await page.route(/\/api\/autopilot\/issues/, (route) => route.abort());
    await page.goto(`${server.url}/autopilot`);
    await page.getByText("The board could not be loaded").waitFor();
    assert.deepEqual(await violations(board), [], "not loaded");
  });
}
