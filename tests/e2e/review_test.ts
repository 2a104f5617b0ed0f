import assert from "node:assert/strict";
import { assertClean, browserTest, openBoard } from "../support/browser.ts";
import { CLAUDE_BINARY, realClaude } from "../support/claude_binary.ts";
import { conversation, say, use } from "../support/messages_api.ts";
import { afterRun, fileIssue, startLoop } from "./setup.ts";

const NAME = "review: a comment on a line reaches the agent with file and line, and its answer shows alone";

if (CLAUDE_BINARY === "") Deno.test({ ...realClaude(NAME), fn: () => {} });
else {
  browserTest(NAME, async (browser) => {
    const edit = (old_string: string, new_string: string) =>
      use(
        ["Read", { file_path: "/workspace/src/app.txt" }],
        ["Edit", { file_path: "/workspace/src/app.txt", old_string, new_string }],
      );
    await using loop = await startLoop({
      script: [edit("two", "three"), say("Changed."), edit("three", "four"), say("Changed again.")],
    });
    const { server, model } = loop;
    const issue = await fileIssue(server, { title: "Change the second line" });
    await afterRun(server, issue);
    await using board = await openBoard(browser, `${server.url}/autopilot?issue=${issue.number}`);
    const { page } = board;
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByRole("button", { name: "Comment on added line 2", exact: true }).click();
    await page.keyboard.type("Four, please.");
    await page.getByRole("button", { name: "Send and ask for changes" }).click();
    const { issue: again } = await afterRun(server, issue, 2);
    assert.equal(again.status, "in_review");
    const asked = model.requests.map((request) => conversation(request).map(({ text }) => text).join("\n"));
    assert.ok(
      asked.some((text) => /`src\/app\.txt:2`\n\n> `three`\n\nFour, please\./.test(text)),
      asked.join("\n\n"),
    );

    await page.getByRole("button", { name: "Show them" }).click();
    await page.getByRole("button", { name: "Since my last review" }).click();
    await page.locator("td.code.del", { hasText: "three" }).waitFor();
    await page.locator("td.code.add", { hasText: "four" }).waitFor();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.locator("td.code.del", { hasText: "two" }).waitFor();
    await page.getByRole("button", { name: "Accept" }).click();
    await board.card("Done", issue.title).waitFor();
    await assertClean(board);
  });
}
