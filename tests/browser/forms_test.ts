import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Attachment } from "../../src/domain/attachment.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { assertClean, type Board, browserTest, openBoard, untilTrue } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";

async function file(server: TestServer, issue: Record<string, unknown>): Promise<Issue> {
  const { status, body } = await server.api<Issue>("/issues", { json: issue });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

/** A real picture of one pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const picture = { name: "shot.png", mimeType: "image/png", buffer: Buffer.from(PNG, "base64") };

/** Pastes a text, or files, into what has the focus. */
async function paste(board: Board, content: { text?: string; files?: [string, string][] }): Promise<void> {
  await board.page.evaluate(({ text, files }) => {
    const { document, DataTransfer, ClipboardEvent } = globalThis as unknown as Record<string, never> & {
      document: { activeElement: EventTarget };
      DataTransfer: new () => { setData(type: string, text: string): void; items: { add(file: File): void } };
      ClipboardEvent: new (type: string, init: unknown) => Event;
    };
    const clipboardData = new DataTransfer();
    if (text !== undefined) clipboardData.setData("text/plain", text);
    for (const [name, body] of files ?? []) clipboardData.items.add(new File([body], name));
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(event);
  }, content);
}

browserTest(
  "undo takes an own move back, by its message and by Ctrl+Z, not over the head of others",
  async (browser) => {
    await using server = await startServer();
    const issue = await file(server, { title: "To and fro" });
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    const { page } = board;
    await board.card("Backlog", "To and fro").dragTo(board.column("Done"));
    await board.card("Done", "To and fro").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await board.card("Backlog", "To and fro").waitFor();
    await page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });

    await board.card("Backlog", "To and fro").getByRole("link").focus();
    await page.keyboard.press("Alt+ArrowRight");
    await board.card("Ready", "To and fro").waitFor();
    await page.getByText("#1 moved to Ready", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await page.keyboard.press("Control+z");
    await board.card("Backlog", "To and fro").waitFor();

    await page.keyboard.press("Alt+ArrowRight");
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await server.api(`/issues/${issue.id}/status`, { json: { status: "in_review" } });
    await board.card("In review", "To and fro").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("#1 was not moved back: it went on to In review").waitFor();
    await board.card("In review", "To and fro").waitFor();
    await assertClean(board);
  },
);

browserTest("create keeps what is written over a reload, and shows its Markdown", async (browser) => {
  await using server = await startServer();
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  await page.keyboard.press("c");
  await page.keyboard.type("Half a thought");
  await page.getByLabel("Description").fill("It is **important**.");
  await page.getByLabel("Kind").selectOption("bug");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.locator("dialog strong", { hasText: "important" }).waitFor();
  await page.reload();
  await page.locator("main[aria-busy=false]").waitFor();
  await page.keyboard.press("c");
  assert.equal(await page.getByLabel("Title").inputValue(), "Half a thought");
  assert.equal(await page.getByLabel("Description").inputValue(), "It is **important**.");
  assert.equal(await page.getByLabel("Kind").inputValue(), "bug");
  await page.getByLabel("Title").press("Enter");
  await board.card("Backlog", "Half a thought").getByText("Bug").waitFor();
  await page.keyboard.press("c");
  assert.equal(await page.getByLabel("Title").inputValue(), "");
  assert.equal(await page.getByLabel("Kind").inputValue(), "feature");
  await page.getByLabel("Title").fill("Never mind");
  await page.getByRole("button", { name: "Discard" }).click();
  assert.equal(await page.getByLabel("Title").inputValue(), "");
  await assertClean(board);
});

browserTest("create offers an issue for every item of a pasted list", async (browser) => {
  await using server = await startServer();
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  await page.keyboard.press("c");
  await page.getByLabel("Description").focus();
  await paste(board, { text: "- Red\n  as in roses\n- Green\n- Blue" });
  await page.getByLabel("Priority").selectOption("high");
  await page.getByRole("button", { name: "File 3 issues" }).click();
  for (const title of ["Red", "Green", "Blue"]) await board.card("Backlog", title).waitFor();
  const { body } = await server.api<Issue[]>("/issues");
  assert.deepEqual(body.map(({ number, title, body, priority }) => [number, title, body, priority]), [
    [3, "Blue", "", "high"],
    [2, "Green", "", "high"],
    [1, "Red", "as in roses", "high"],
  ]);
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.keyboard.press("c");
  await paste(board, { text: "No list at all" });
  await paste(board, { text: "Four\nFive" });
  await page.getByRole("button", { name: "Keep one" }).click();
  assert.equal(await page.getByRole("button", { name: /^File \d/ }).count(), 0);
  await assertClean(board);
});

browserTest("create takes files by choice and paste, and attaches them to the issue", async (browser) => {
  await using server = await startServer();
  await using board = await openBoard(browser, `${server.url}/autopilot`);
  const { page } = board;
  await page.keyboard.press("c");
  await page.keyboard.type("With files");
  await page.getByLabel("Attach files").setInputFiles(picture);
  await page.getByLabel("Description").focus();
  await paste(board, { files: [["log.txt", "it broke"], ["wrong.txt", "no"]] });
  await page.getByRole("button", { name: /Leave out\s*wrong\.txt/ }).click();
  await page.getByRole("button", { name: "Create" }).click();
  await board.card("Backlog", "With files").click();
  const panel = page.getByRole("complementary", { name: "With files" });
  await panel.getByRole("link", { name: "log.txt" }).waitFor();
  await panel.getByLabel("Show log.txt").click();
  await panel.getByText("it broke", { exact: true }).waitFor();
  await panel.getByRole("img", { name: "Picture shot.png" }).waitFor();
  await untilTrue(page, `document.querySelector(".attachment img")?.naturalWidth === 1`);
  const { body } = await server.api<Attachment[]>("/issues/1/attachments");
  assert.deepEqual(body.map(({ name, content_type }) => [name, content_type]), [
    ["shot.png", "image/png"],
    ["log.txt", "application/octet-stream"],
  ]);
  await assertClean(board);
});

browserTest("thread takes pasted and dropped files, and names them in the reply", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Look" });
  await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.id}`);
  const panel = board.page.getByRole("complementary", { name: "Look" });
  await panel.getByLabel("Comment").fill("See");
  await panel.getByLabel("Comment").focus();
  await paste(board, { files: [["a.txt", "a"]] });
  await panel.getByRole("link", { name: "a.txt" }).waitFor();
  await untilTrue(
    board.page,
    `/^See\\n\\[a\\.txt\\]\\(\\/api\\/autopilot\\/uploads\\/[\\w-]+\\)$/.test(reply.value)`,
  );

  const drop = await board.page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    data.items.add(new File(["b"], "b.txt"));
    return data;
  })()`);
  await panel.locator(".thread").dispatchEvent("drop", { dataTransfer: drop });
  await panel.getByRole("link", { name: "b.txt" }).waitFor();
  assert.equal((await server.api<Attachment[]>(`/issues/${issue.id}/attachments`)).body.length, 2);
  await assertClean(board);
});

browserTest("panel edits an issue; who was slower hears of it and loses nothing", async (browser) => {
  await using server = await startServer();
  const issue = await file(server, { title: "Old title", body: "Old text" });
  await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.id}`);
  const { page } = board;
  const form = page.getByRole("dialog", { name: "Edit #1" });
  await page.getByRole("button", { name: "Edit" }).click();
  await form.getByLabel("Title").fill("New title");
  await form.getByLabel("Kind").selectOption("chore");
  await form.getByText("Humans only").click();
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "New title" }).waitFor();
  await board.card("Backlog", "New title").getByText("Humans only").waitFor();

  await page.getByRole("button", { name: "Edit" }).click();
  await form.getByLabel("Description").fill("My text");
  await server.api(`/issues/${issue.id}`, {
    method: "PATCH",
    body: JSON.stringify({ title: "Their title", body: "Their text" }),
    headers: { "content-type": "application/json" },
  });
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByText("This issue was changed while you wrote.").waitFor();
  await form.getByText("Saving replaces their description.").waitFor();
  assert.equal(await form.getByLabel("Description").inputValue(), "My text");
  // Closed and opened again it is still there.
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Edit" }).click();
  assert.equal(await form.getByLabel("Description").inputValue(), "My text");
  await form.getByLabel("Description").press("Control+Enter");
  await form.getByRole("button", { name: "Save mine" }).click();
  await form.waitFor({ state: "detached" });
  const saved = (await server.api<{ issue: Issue }>(`/issues/${issue.id}`)).body.issue;
  assert.deepEqual([saved.title, saved.body, saved.kind, saved.human_only], [
    "Their title",
    "My text",
    "chore",
    true,
  ]);
  assert.deepEqual((await board.problems()).filter((problem) => !problem.includes("412")), []);
});
