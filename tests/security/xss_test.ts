import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { openStore } from "../../src/store/open.ts";
import { assertClean, browserTest, openBoard } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { runEnd } from "../support/store.ts";

/** Each would call `alert` (a dialog, reported by the page) or load something, if it were taken for markup. */
const HOSTILE = [
  `<script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `<svg/onload=alert(1)>`,
  `<svg><script>alert(1)</script></svg>`,
  `<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
  `<a href="javascript:alert(1)">x</a>`,
  `[x](javascript:alert(1))`,
  `[x](JaVaScRiPt&colon;alert(1))`,
  `[x](  javascript:alert(1))`,
  `[x](data:text/html,<script>alert(1)</script>)`,
  `[x](vbscript:msgbox(1))`,
  `[x]: javascript:alert(1)\n[x]`,
  `<javascript:alert(1)>`,
  `![x](https://tracker.invalid/p.png)`,
  `![x](x" onerror="alert(1))`,
  `[a](https://x.invalid/" onmouseover="alert(1) "b")`,
  `**<b onmouseover=alert(1)>bold</b>**`,
  "```<img src=x onerror=alert(1)>\n</code></pre><img src=x onerror=alert(1)>\n```",
  "`</code><script>alert(1)</script>`",
  `<style>*{display:none}</style>`,
  `<base href="https://evil.invalid/">`,
  `<form action="https://evil.invalid/"><input name=t autofocus onfocus=alert(1)></form>`,
  `<object data="data:text/html,<script>alert(1)</script>"></object>`,
  `"><img src=x onerror=alert(1)>`,
  `';alert(1)//`,
  `\${alert(1)}{{alert(1)}}`,
  `<div style="position:fixed;inset:0" onclick=alert(1)>cover</div>`,
  `<input type=image src=x onerror=alert(1)>`,
  `| a |\n|---|\n| <img src=x onerror=alert(1)> |`,
];

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
  "S10 board shows hostile texts as text: titles, bodies, comments, names, results, transcript",
  async (browser) => {
    await using server = await startServer();
    await using store = await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock });
    const all = HOSTILE.join("\n\n");
    for (const title of HOSTILE) {
      await server.api("/issues", {
        json: { title, assignee: title.slice(0, 100) },
      });
    }
    const { body: issue } = await server.api<Issue>("/issues", {
      json: { title: "Target", body: all, status: "ready", created_by: HOSTILE[1], priority: "urgent" },
    });
    for (const body of HOSTILE) {
      await server.api(`/issues/${issue.id}/comments`, {
        json: { body, author: HOSTILE[2], author_kind: "agent" },
      });
    }
    const claim = await store.runs.claim({ id: HOSTILE[1], host: "h", pid: 1 });
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
        tool: HOSTILE[1],
        input: JSON.stringify({ command: HOSTILE[0] }),
      },
      { seq: 4, at, type: "tool_result", call_id: "a", ok: true, text: all },
      { seq: 5, at, type: "todo", items: HOSTILE.map((text) => ({ text, status: text })) },
      { seq: 6, at, type: "error", text: all },
    ]);
    await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.number}`);
    const { page } = board;
    await page.locator(".prose:not(.plain)").nth(HOSTILE.length).waitFor();
    assert.equal(await page.locator(".prose.plain").count(), 0);
    // Raw HTML is not taken out but shown.
    await page.locator(".entry.first").getByText("<b onmouseover=alert(1)>bold</b>").waitFor();
    await page.locator(".entry.first").getByText(HOSTILE[0], { exact: true }).waitFor();
    assert.deepEqual(await page.evaluate(FOREIGN), []);
    await page.getByRole("tab", { name: "Transcript" }).click();
    await page.locator("summary", { hasText: HOSTILE[1] }).click();
    await page.locator(".log .prose:not(.plain)").waitFor();
    assert.deepEqual(await page.evaluate(FOREIGN), []);
    await store.runs.finish(
      claim.run.id,
      claim.lease.fence,
      runEnd({
        outcome: "implemented",
        reason: all,
        commit: HOSTILE[0],
        branch: HOSTILE[1],
        pr_url: "javascript:alert(1)//https://github.com/a/b/pull/1",
        result: all,
      }),
    );
    await board.card("In review", "Target").getByText("javascript:alert(1)").waitFor();
    await page.getByRole("tab", { name: "Runs" }).click();
    await page.getByText("Implemented").waitFor();
    await page.getByRole("tab", { name: "Thread" }).click();
    await page.locator(".result .prose:not(.plain)").waitFor();
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
