import assert from "node:assert/strict";
import { startServer } from "../support/server.ts";
import { violations } from "../browser/axe_check.ts";
import { browserTest, openBoard } from "../support/browser.ts";

browserTest(
  "S2 the board says when its login was ended elsewhere, tells who is logged in, and logs out",
  async (browser) => {
    await using server = await startServer({ auth: true });
    await using board = await openBoard(browser, await server.newLoginLink());
    const { page } = board;
    assert.equal(page.url(), `${server.url}/autopilot`);
    const endLastSession = async () => {
      const tokens = (await server.api<{ id: string; kind: string }[]>("/tokens")).body;
      const session = tokens.findLast(({ kind }) => kind === "session");
      assert.ok(session);
      await server.api(`/tokens/${session.id}`, { method: "DELETE" });
    };
    await endLastSession();
    await page.getByRole("dialog", { name: "Your login has ended" }).waitFor();
    await page.getByRole("link", { name: "Log in again" }).click();
    await page.waitForURL(`${server.url}/autopilot/login`);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(board), [], `login, ${colorScheme}`);
    }
    await page.getByLabel("Token or login link").fill(await server.newLoginLink("member"));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator("main[aria-busy=false]").waitFor();

    // Ended while the board was away: its socket is refused, which browsers don't explain.
    await page.context().setOffline(true);
    await page.getByText("Offline").first().waitFor();
    await endLastSession();
    await page.context().setOffline(false);
    await page.getByRole("dialog", { name: "Your login has ended" }).waitFor();

    // Who may only look is offered nothing that would be refused, and told why.
    await server.api("/issues", { json: { title: "Asks", status: "blocked" } });
    await page.goto(await server.newLoginLink("read"));
    const note = page.getByText("Your login may look, and change nothing.");
    await note.waitFor();
    await page.getByRole("link", { name: "Asks" }).click();
    await page.getByRole("tab", { name: "Thread" }).waitFor();
    for (const name of [/^New issue/, /^Move #/, "Edit", "Send", "Answer", "Try again", "To backlog"]) {
      for (const button of await page.getByRole("button", { name }).all()) {
        assert.equal(await button.isVisible(), false, String(name));
      }
    }
    assert.equal(await page.getByRole("textbox", { name: "Answer" }).count(), 0);
    await page.keyboard.press("Escape");
    await page.keyboard.press("c");
    await page.getByText("an admin can give you one of scope member").waitFor();
    assert.equal(await page.getByRole("dialog", { name: "New issue" }).count(), 0);

    await page.goto(await server.newLoginLink("member"));
    await page.locator("main[aria-busy=false]").waitFor();
    assert.equal(await note.count(), 0);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByText("You are tests and may work with issues.").waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL(`${server.url}/autopilot/login`);
  },
);
