import assert from "node:assert/strict";
import { assertClean, browserTest, openBoard } from "../support/browser.ts";
import { CLAUDE_BINARY, realClaude } from "../support/claude_binary.ts";
import { conversation, say, use } from "../support/messages_api.ts";
import { startLoop } from "./setup.ts";

const NAME = "loop in two browsers: create, watch, answer, review, comment on a line, accept";

if (CLAUDE_BINARY === "") Deno.test({ ...realClaude(NAME), fn: () => {} });
else {
  browserTest(NAME, async (browser) => {
    const looked = Promise.withResolvers<void>();
    const edit = (old_string: string, new_string: string) =>
      use(
        ["Read", { file_path: "/workspace/src/app.txt" }],
        ["Edit", { file_path: "/workspace/src/app.txt", old_string, new_string }],
      );
    await using loop = await startLoop({
      script: [
        {
          blocks: [
            { type: "text", text: "I look at **app.txt** first." },
            ...use(["Read", {
              file_path: "/workspace/src/app.txt",
            }]).blocks ?? [],
          ],
        },
        { ...say("BLOCKED: Which number comes after one?"), wait: looked.promise },
        edit("two", "three"),
        say("Changed."),
        edit("three", "four"),
        say("Changed again."),
      ],
    });
    const { server, model } = loop;
    await using board = await openBoard(browser, `${server.url}/autopilot`);
    await using other = await openBoard(browser, `${server.url}/autopilot`);
    const { page } = board;

    await page.keyboard.press("c");
    await page.keyboard.type("Change the second line");
    await page.getByText("Hand to agents now").click();
    await page.getByRole("button", { name: "Create" }).click();
    const working = await server.waitFor((event) =>
      event.type === "agent.status" && event.phase === "running"
    );
    assert.equal(working.title, "Change the second line");
    await other.card("In progress", "Change the second line").waitFor();
    await board.card("In progress", "Change the second line").click();
    await page.getByRole("tab", { name: "Transcript" }).click();
    // As it happens: the model is still to answer.
    await page.locator(".row strong", { hasText: "app.txt" }).waitFor();
    await page.locator(".row summary", { hasText: "Read" }).getByText("Done").waitFor({ state: "attached" });
    await page.locator(".log-sums").getByText(/^[1-9]\S* in$/).waitFor();
    looked.resolve();

    await other.card("Blocked", "Change the second line").waitFor();
    await page.getByRole("tab", { name: "Thread" }).click();
    await page.locator(".question", { hasText: "Which number comes after one?" }).waitFor();
    await page.getByLabel("Answer").fill("Three, as everybody knows.");
    await page.getByLabel("Answer").press("Control+Enter");
    await other.card("In review", "Change the second line").waitFor();
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.locator("td.code.add", { hasText: "three" }).waitFor();
    await page.getByRole("button", { name: "Comment on added line 2", exact: true }).click();
    await page.keyboard.type("Four, please.");
    await page.getByRole("button", { name: "Send and ask for changes" }).click();

    await page.getByRole("button", { name: "Show them" }).click();
    await page.getByRole("button", { name: "Since my last review" }).click();
    await page.locator("td.code.del", { hasText: "three" }).waitFor();
    await page.locator("td.code.add", { hasText: "four" }).waitFor();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.locator("td.code.del", { hasText: "two" }).waitFor();
    await other.card("In review", "Change the second line").waitFor();
    const heard = model.requests.map((request) => conversation(request).map(({ text }) => text).join("\n"))
      .join("\n");
    assert.match(heard, /Three, as everybody knows\./);
    assert.match(heard, /`src\/app\.txt:2`\n\n> `three`\n\nFour, please\./);
    await page.getByRole("tab", { name: "Runs" }).click();
    assert.deepEqual(await page.locator(".run .badge").allTextContents(), [
      "Implemented",
      "Implemented",
      "Asked a question",
    ]);
    await page.getByRole("button", { name: "Accept" }).click();
    await other.card("Done", "Change the second line").waitFor();
    await assertClean(board);
    await assertClean(other);
  });
}
