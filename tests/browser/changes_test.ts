import assert from "node:assert/strict";
import type { Comment } from "../../src/domain/comment.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { assertClean, type Board, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { violations } from "./axe_check.ts";
import { type Reviewed, startReviewed } from "./changes_setup.ts";

const BASE = {
  "src/app.ts": "export const a = 1;\nexport const b = 2;\nexport const c = 3;\n",
  "README.md": "# Project\n",
  "gone.txt": "bye\n",
};
const FILES = {
  "src/app.ts": "export const a = 1;\nexport const b = 20;\nexport const c = 3;\nexport const d = 4;\n",
  "src/<img src=x onerror=alert(1)>.ts": "const evil = '<script>alert(1)</script>';\n",
  "data.bin": "a\0b",
};

async function openChanges(board: Board): Promise<void> {
  await board.page.getByRole("tab", { name: "Changes" }).click();
  await board.page.locator(".file").first().waitFor();
}

const fileOf = ({ page }: Board, name: string) => page.locator("details.file").filter({ hasText: name });

async function threadOf({ server, issue }: Reviewed): Promise<Comment[]> {
  return (await server.api<Comment[]>(`/issues/${issue.id}/comments`)).body;
}

browserTest("changes: files, lines and counts, as text whatever is in them", async (browser) => {
  await using all = await startReviewed({
    base: BASE,
    files: FILES,
    change: (repo) => repo.git("rm", "-q", "gone.txt"),
  });
  await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
  const { page } = board;
  const first_load = board.requests.length;
  assert.ok(!board.requests.some((url) => /changes|highlight/.test(url)), "loaded before it is needed");
  await openChanges(board);
  assert.ok(board.requests.slice(first_load).some((url) => url.endsWith("highlight_typescript.js")));
  await page.getByText("4 files").waitFor();
  const app = fileOf(board, "src/app.ts");
  assert.deepEqual(await app.locator("td.code.add").allTextContents(), [
    "export const b = 20;",
    "export const d = 4;",
  ]);
  assert.deepEqual(await app.locator("td.code.del").allTextContents(), ["export const b = 2;"]);
  await app.locator("td.code.add .hljs-keyword", { hasText: "export" }).first().waitFor();
  await fileOf(board, "data.bin").getByText("A binary file").waitFor();
  await fileOf(board, "gone.txt").getByText("Deleted").waitFor();
  await fileOf(board, "onerror").getByText("const evil = '<script>alert(1)</script>';").waitFor();
  await page.getByRole("button", { name: "Split" }).click();
  await app.locator("table.split").waitFor();
  // The choice outlives the page.
  await page.reload();
  await openChanges(board);
  await app.locator("table.split").waitFor();
  await page.getByRole("navigation", { name: "Changed files" }).getByRole("button", { name: "gone.txt" })
    .click();
  await fileOf(board, "gone.txt").locator("summary:focus").waitFor();
  assert.equal(new URL(page.url()).search, "?issue=1&tab=changes&file=gone.txt");
  // What was looked at is folded, also for the next visit, until it changes.
  await page.getByLabel("Viewed src/app.ts").check();
  await app.locator("table").waitFor({ state: "detached" });
  await page.getByText("1 of 4 viewed").waitFor();
  // A link to a line leads to it, with fingers as with a pointer.
  const link = `${all.server.url}/autopilot?issue=1&tab=changes&file=src/app.ts&line=o2`;
  await using phone = await openBoard(browser, link, {
    viewport: { width: 390, height: 800 },
    hasTouch: true,
  });
  const line = phone.page.locator("tr.linked td.del button");
  await line.and(phone.page.locator(":focus")).waitFor();
  // The panel slides in, and what is on its way has no whole pixels.
  await phone.page.evaluate("Promise.all(document.getAnimations().map(({ finished }) => finished))");
  const size = await line.boundingBox();
  assert.ok(size !== null && size.width >= 44 && size.height >= 44, JSON.stringify(size));
  await assertClean(phone);
  await page.reload();
  await page.getByText("1 of 4 viewed").waitFor();
  assert.equal(await app.locator("table").count(), 0);
  await assertClean(board);
});

browserTest(
  "changes: comments on lines survive a reload and are sent as one that asks for changes",
  async (browser) => {
    await using all = await startReviewed({ base: BASE, files: FILES });
    await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
    const { page } = board;
    const before = (await threadOf(all)).length;
    await openChanges(board);
    const app = fileOf(board, "src/app.ts");
    await app.getByRole("button", { name: "Comment on added line 2", exact: true }).click();
    await page.keyboard.type("Why *twenty*?");
    await page.keyboard.press("Control+Enter");
    await app.getByText("Why *twenty*?").waitFor();
    // By keyboard: the focus is back on the line, the arrows go on from there.
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await app.getByLabel("Comment on line 4").pressSequentially("Not needed.");
    await app.locator(".hljs-keyword").first().waitFor();
    // Written, not yet added: no less kept.
    await page.reload();
    await openChanges(board);
    await app.getByText("Why *twenty*?").waitFor();
    assert.equal(await app.getByLabel("Comment on line 4").inputValue(), "Not needed.");
    const bar = page.getByRole("region", { name: "Your comments" });
    await bar.getByText("2 comments").waitFor();
    assert.equal((await threadOf(all)).length, before);

    await bar.getByRole("button", { name: "Send and ask for changes" }).click();
    await board.card("Ready", all.issue.title).waitFor();
    await bar.waitFor({ state: "detached" });
    const sent = (await threadOf(all)).slice(before);
    assert.deepEqual(sent.map(({ author_kind, body }) => [author_kind, body]), [[
      "human",
      "`src/app.ts:2`\n\n> `export const b = 20;`\n\nWhy *twenty*?\n\n---\n\n" +
      "`src/app.ts:4`\n\n> `export const d = 4;`\n\nNot needed.",
    ]]);
    const { body } = await all.server.api<{ issue: Issue }>(`/issues/${all.issue.id}`);
    assert.equal(body.issue.status, "ready");
    // A page of its own: a reload would cut off what this one still asks for.
    const fresh = await page.context().newPage();
    await fresh.goto(page.url());
    await fresh.getByRole("tab", { name: "Changes" }).click();
    await fresh.locator(".file").first().waitFor();
    assert.equal(await fresh.getByRole("region", { name: "Your comments" }).count(), 0);
    await assertClean(board);
  },
);

browserTest("changes: Ask for changes takes the comments on lines along", async (browser) => {
  await using all = await startReviewed({ base: BASE, files: FILES });
  await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
  const { page } = board;
  await page.getByLabel("Reply").fill("In all:");
  await openChanges(board);
  await fileOf(board, "src/app.ts").getByRole("button", { name: "Comment on line 1", exact: true }).click();
  await page.keyboard.type("Why?");
  await page.getByRole("button", { name: "Ask for changes", exact: true }).click();
  await board.card("Ready", all.issue.title).waitFor();
  const sent = (await threadOf(all)).at(-1);
  assert.equal(sent?.body, "In all:\n\n---\n\n`src/app.ts:1`\n\n> `export const a = 1;`\n\nWhy?");
  await page.getByRole("region", { name: "Your comments" }).waitFor({ state: "detached" });
  await assertClean(board);
});

browserTest(
  "changes: Escape closes an empty box and not the panel; a comment can be edited and deleted",
  async (browser) => {
    await using all = await startReviewed({ base: BASE, files: FILES });
    await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
    const { page } = board;
    await openChanges(board);
    const line = fileOf(board, "src/app.ts").getByRole("button", {
      name: "Comment on removed line 2",
      exact: true,
    });
    await line.click();
    await page.getByLabel("Comment on removed line 2").last().waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".note").waitFor({ state: "detached" });
    assert.equal(await page.locator("button:focus").getAttribute("aria-label"), "Comment on removed line 2");
    await line.click();
    await page.keyboard.type("First");
    await page.getByRole("button", { name: "Add comment" }).click();
    await page.locator(".note").getByRole("button", { name: "Edit" }).click();
    await page.keyboard.press("End");
    await page.keyboard.type(" and more");
    await page.keyboard.press("Control+Enter");
    await page.locator(".note-text", { hasText: "First and more" }).waitFor();
    await page.locator(".note").getByRole("button", { name: "Delete" }).click();
    await page.locator(".note").waitFor({ state: "detached" });
    assert.equal(await page.getByRole("region", { name: "Your comments" }).count(), 0);
    await assertClean(board);
  },
);

browserTest(
  "changes: a further run is told, and can be seen alone; comments on lines that are gone stay",
  async (browser) => {
    await using all = await startReviewed({ base: BASE, files: FILES });
    await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
    const { page } = board;
    await openChanges(board);
    await fileOf(board, "src/app.ts").getByRole("button", { name: "Comment on added line 4" }).click();
    await page.keyboard.type("Drop this");
    await page.keyboard.press("Control+Enter");
    await all.server.api(`/issues/${all.issue.id}/status`, { json: { status: "ready" } });
    await all.work({ "src/app.ts": BASE["src/app.ts"], "NEW.md": "new\n" });
    await page.getByText("The branch has new commits.").waitFor();
    await page.getByRole("button", { name: "Show them" }).click();
    await fileOf(board, "NEW.md").waitFor();
    assert.equal(await fileOf(board, "src/app.ts").count(), 0);
    await page.getByText("1 on files that are not shown").click();
    await page.getByText("Drop this").waitFor();

    await page.getByRole("button", { name: "Since my last review" }).click();
    await page.getByText("2 files").waitFor();
    await fileOf(board, "src/app.ts").locator("td.code.del", { hasText: "export const d = 4;" }).waitFor();
    await page.getByText("On line 4, which is not shown").waitFor();
    assert.equal(await fileOf(board, "data.bin").count(), 0);
    await page.getByRole("button", { name: "All", exact: true }).click();
    await fileOf(board, "data.bin").waitFor();
    await assertClean(board);
  },
);

browserTest(
  "changes: the first lines of 2,000 are drawn before the others, and all come",
  async (browser) => {
    const lines = Array.from(
      { length: 2_000 },
      (_, i) => `export const value${i} = compute(${i}, "text ${i}");\n`,
    );
    await using all = await startReviewed({ base: BASE, files: { "big.ts": lines.join("") } });
    await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
    const { page } = board;
    await page.getByRole("tab", { name: "Changes" }).waitFor();
    const first = await page.evaluate<number>(`new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      const { length } = document.querySelectorAll("td.code.add");
      if (length === 0) return;
      observer.disconnect();
      resolve(length);
    }).observe(document.body, { childList: true, subtree: true });
    document.getElementById("tab-changes").click();
  })`);
    assert.ok(first < 1_000, `${first} lines at once`);
    await page.locator("td.code.add").nth(1_999).waitFor();
    await page.locator("td.code.add .hljs-keyword").nth(3_999).waitFor();
    await assertClean(board);
  },
);

browserTest(
  "changes: of 120 files only what is in sight is laid out; the tree leads to each",
  async (browser) => {
    const names = Array.from({ length: 120 }, (_, i) => `src/f${String(i).padStart(3, "0")}.ts`);
    const files = Object.fromEntries(names.map((name) => [name, "export const a = 1;\n".repeat(20)]));
    await using all = await startReviewed({ base: BASE, files });
    await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1&tab=changes`);
    const { page } = board;
    await page.locator("td.code.add").nth(120 * 20 - 1).waitFor({ state: "attached" });
    const laid_out = (name: string) =>
      fileOf(board, name).locator("td.code").first().evaluate((cell) =>
        (cell as unknown as { checkVisibility(options: unknown): boolean })
          .checkVisibility({ contentVisibilityAuto: true })
      );
    assert.equal(await laid_out("src/f000.ts"), true);
    assert.equal(await laid_out("src/f110.ts"), false);
    await page.getByRole("button", { name: "f110.ts" }).click();
    await fileOf(board, "src/f110.ts").locator("summary:focus").waitFor();
    await untilTrue(
      page,
      `(() => {
    const { top, bottom } = document.activeElement.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  })()`,
    );
    assert.equal(await laid_out("src/f110.ts"), true);
    await assertClean(board);
  },
);

browserTest("timeline: who did what, live, and what was before", async (browser) => {
  await using all = await startReviewed({ base: BASE, files: FILES });
  await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`);
  const { page } = board;
  await page.getByRole("tab", { name: "Timeline" }).click();
  await page.getByText("filed it in Ready").waitFor();
  // Its style sheet comes with it, whole.
  const rail = await page.evaluate<string>('getComputedStyle(document.querySelector(".step")).position');
  assert.equal(rail, "relative");
  await page.getByText("ended the run: Implemented").waitFor();
  await all.server.api(`/issues/${all.issue.id}/comments`, { json: { body: "Hm", author: "ann" } });
  await page.locator(".step", { hasText: "ann commented" }).waitFor();
  await all.server.api(`/issues/${all.issue.id}/status`, { json: { status: "done" } });
  await page.locator(".step", { hasText: "accepted it" }).waitFor();
  await assertClean(board);
});

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(`axe finds nothing wrong with changes and timeline, ${colorScheme}`, async (browser) => {
    await using all = await startReviewed({
      base: BASE,
      files: {
        ...FILES,
        "a.css": ".a { color: red; }\n",
        "b.md": "# Head\n\n- *point* `code`\n",
        "c.json": '{"a": 1}\n',
      },
      change: (repo) => repo.git("rm", "-q", "gone.txt"),
    });
    await using board = await openBoard(browser, `${all.server.url}/autopilot?issue=1`, { colorScheme });
    const { page } = board;
    await openChanges(board);
    await page.locator(".hljs-attr").first().waitFor();
    const line = fileOf(board, "src/app.ts").getByRole("button", {
      name: "Comment on added line 2",
      exact: true,
    });
    await line.click();
    await page.keyboard.type("Text");
    assert.deepEqual(await violations(board), [], "unified, writing");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Split" }).click();
    assert.deepEqual(await violations(board), [], "split, written");
    await page.getByRole("tab", { name: "Timeline" }).click();
    await page.getByText("filed it in Ready").waitFor();
    assert.deepEqual(await violations(board), [], "timeline");
    await assertClean(board);
  });
}
