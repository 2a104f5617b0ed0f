import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { openStore } from "../../src/store/open.ts";
import { assertClean, browserTest, openBoard } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { runEnd } from "../support/store.ts";
import { HOSTILE_ADDRESSES, XSS } from "./xss_corpus.ts";

/** What may stand in the page's own places: everything else came from a text. */
const FOREIGN = `[...document.querySelectorAll(
  ".panel :is(script, img, iframe, object, embed, style, base, form form, math, video, audio), .card :is(script, img, iframe, style)"
)].map((element) => element.outerHTML).concat(
  [...document.querySelectorAll("*")].flatMap((element) =>
    [...element.attributes].filter(({ name }) => name.startsWith("on") || name === "style").map(({ name }) => element.tagName + " " + name)
  ),
  [...document.querySelectorAll("a[href]")].filter((a) => !["http:", "https:", "mailto:"].includes(a.protocol)).map((a) => a.outerHTML),
  [...document.querySelectorAll(".prose a")].filter((a) => a.rel !== "noopener noreferrer nofollow").map((a) => a.outerHTML),
)`;

browserTest(
  "S10 board shows hostile texts as text: titles, bodies, comments, names, files, branches, addresses, transcript",
  async (browser) => {
    await using server = await startServer();
    await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
    assert.ok(XSS.length >= 100);
    const all = XSS.join("\n\n");
    for (const [n, pr_url] of HOSTILE_ADDRESSES.entries()) {
      await server.api("/issues", { json: { title: `Address ${n}`, status: "ready" } });
      const claim = await store.runs.claim({ id: `agent-${n}`, host: "h", pid: 1 });
      const [branch, result] = [XSS[n * 7], XSS[n * 11]];
      const end = runEnd({ outcome: "implemented", branch, result, pr_url });
      await store.runs.finish(claim!.run.id, claim!.lease.fence, end);
    }
    // The API takes no NUL, the store and what comes from agents do.
    const taken = XSS.filter((text) => !text.includes("\0"));
    for (const title of taken) {
      await server.api("/issues", {
        json: { title, assignee: title.slice(0, 100), created_by: title.slice(0, 100) },
      });
    }
    const { body: issue } = await server.api<Issue>("/issues", {
      json: {
        title: "Target",
        body: taken.join("\n\n"),
        status: "ready",
        created_by: XSS[1],
        priority: "urgent",
      },
    });
    for (const body of taken) {
      const json = { body, author: body.slice(0, 100), author_kind: "agent" };
      assert.equal((await server.api(`/issues/${issue.id}/comments`, { json })).status, 201);
    }
    for (const name of taken.filter((_, n) => n % 2 === 0)) {
      const body = new FormData();
      body.set("file", new File(["x"], name));
      const { status } = await server.api(`/issues/${issue.id}/attachments`, { method: "POST", body });
      assert.equal(status, 201, name);
    }
    const claim = await store.runs.claim({ id: XSS[1], host: "h", pid: 1 });
    assert.equal(claim?.issue.id, issue.id);
    const at = new Date().toISOString();
    await store.runLog.append(claim.run.id, claim.lease.fence, [
      { seq: 1, at, type: "text", text: all },
      { seq: 2, at, type: "thinking", text: all },
      {
        seq: 3,
        at,
        type: "tool_call",
        call_id: "a",
        tool: XSS[1],
        input: JSON.stringify({ command: XSS[0] }),
      },
      { seq: 4, at, type: "tool_result", call_id: "a", ok: true, text: all },
      { seq: 5, at, type: "todo", items: XSS.map((text) => ({ text, status: text })) },
      { seq: 6, at, type: "error", text: all },
    ]);
    await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.number}`);
    const { page } = board;
    await page.locator(".prose:not(.plain)").nth(taken.length).waitFor();
    assert.equal(await page.locator(".prose.plain").count(), 0);
    // Raw HTML is not taken out but shown.
    await page.locator(".entry.first").getByText("<b onmouseover=alert(1)>bold</b>").first().waitFor();
    await page.locator(".entry.first").getByText(XSS[0], { exact: true }).first().waitFor();
    assert.deepEqual(await page.evaluate(FOREIGN), []);
    await page.getByRole("tab", { name: "Transcript" }).click();
    const find = page.getByLabel("Find in transcript");
    await find.fill(XSS[0]);
    await page.getByText("5 found").waitFor();
    for (const hit of [1, 2, 3, 4, 5]) {
      await find.press("Enter");
      await page.getByText(`${hit} of 5`).waitFor();
      await page.locator(".row.current").waitFor();
      assert.deepEqual(await page.evaluate(FOREIGN), [], `entry ${hit}`);
    }
    await page.getByRole("button", { name: "To the start" }).click();
    await page.locator(".log .prose:not(.plain)").waitFor();
    assert.deepEqual(await page.evaluate(FOREIGN), []);
    await store.runs.finish(
      claim.run.id,
      claim.lease.fence,
      runEnd({
        outcome: "implemented",
        reason: all,
        commit: XSS[0],
        branch: XSS[1],
        pr_url: "javascript:alert(1)//https://github.com/a/b/pull/1",
        result: all,
      }),
    );
    await board.card("In review", "Target").getByText("javascript:alert(1)").waitFor();
    await page.getByRole("tab", { name: "Runs" }).click();
    await page.getByText("Implemented").waitFor();
    await page.getByRole("tab", { name: "Thread" }).click();
    await page.locator(".result .prose:not(.plain)").waitFor();
    // The copy of the card that glides to its column has a place of its own until it is there.
    await page.locator(".flying").waitFor({ state: "detached" });
    assert.deepEqual(await page.evaluate(FOREIGN), []);
    await assertClean(board);
    assert.deepEqual(board.requests.filter((url) => !url.startsWith(server.url)), []);
  },
);

browserTest("S12 board writes hidden characters out and strips terminal colours", async (browser) => {
  await using server = await startServer();
  await server.api("/issues", { json: { title: "pay\u202Egnp.exe \u200Bzero \x1b[31mred\x1b[0m 👩‍💻" } });
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  await board.column("Backlog").getByText("pay‹U+202E›gnp.exe ‹U+200B›zero red 👩‍💻", { exact: true })
    .waitFor();
});
