import assert from "node:assert/strict";
import type { WebSocketRoute } from "playwright-core";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { browserTest, openBoard } from "../support/browser.ts";
import { startServer } from "../support/server.ts";

browserTest(
  "live page says that it is cut off, and misses nothing when the server comes back",
  async (browser) => {
    const data = await Deno.makeTempDir({ prefix: "autopilot-live-" });
    try {
      const first = await startServer({ data });
      const port = new URL(first.url).port;
      let url = "";
      await using board = await (async () => {
        await using server = first;
        url = server.url;
        await server.api("/issues", { json: { title: "Before" } });
        const board = await openBoard(browser, `${url}/autopilot`);
        await board.card("Backlog", "Before").waitFor();
        await server.stop();
        return board;
      })();
      await board.page.getByText(/Reconnecting|Offline/).first().waitFor();

      // While nobody serves, another process goes on writing: one move, one new issue.
      const store = await openStore({ url: `sqlite:${data}/autopilot.db`, clock: systemClock });
      const human = { kind: "human", name: "ann" } as const;
      await store.issues.move("1", "ready", human);
      const text = { title: "Meanwhile", body: "", kind: "bug", priority: "high", assignee: "" } as const;
      await store.issues.create(
        { ...text, human_only: false, created_by: "ann", trust: "operator", status: "backlog" },
        human,
      );
      await store.close();

      await using server = await startServer({ data, env: { AUTOPILOT_PORT: port } });
      assert.equal(server.url, url);
      await board.card("Ready", "Before").waitFor();
      await board.card("Backlog", "Meanwhile").waitFor();
      await board.page.getByText("Live", { exact: true }).waitFor();
      // The replay brought it: nothing was loaded anew.
      assert.equal(board.requests.filter((request) => request.includes("/issues?status=backlog")).length, 1);
      await server.api("/issues", { json: { title: "After" } });
      await board.card("Backlog", "After").waitFor();
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  },
);

browserTest("live page works with the lists alone while the WebSocket can't be reached", async (browser) => {
  await using server = await startServer();
  await server.api("/issues", { json: { title: "Still here" } });
  await using board = await openBoard(
    browser,
    `${server.url}/autopilot`,
    {},
    (page) => page.routeWebSocket(/\/ws/, (socket) => socket.close()),
  );
  await board.card("Backlog", "Still here").waitFor();
  await board.page.getByText(/Reconnecting|Offline/).first().waitFor();
});

browserTest(
  "live page whose socket alone is cut says so, works on, and misses nothing when it is restored",
  async (browser) => {
    await using server = await startServer();
    await server.api("/issues", { json: { title: "Before" } });
    await server.api("/issues", { json: { title: "Mine" } });
    let cut = false;
    const sockets: WebSocketRoute[] = [];
    await using board = await openBoard(
      browser,
      `${server.url}/autopilot`,
      {},
      (page) =>
        page.routeWebSocket(/\/ws/, (socket) => {
          if (cut) {
            return void socket.close();
          }
          socket.connectToServer();
          sockets.push(socket);
        }),
    );
    await board.page.getByText("Live", { exact: true }).waitFor();
    cut = true;
    await sockets[0].close();
    await board.page.getByText(/Reconnecting|Offline/).first().waitFor();
    await server.api("/issues/1/status", { json: { status: "in_review" } });
    await server.api("/issues", { json: { title: "Meanwhile" } });
    // What one does oneself needs no socket.
    await board.card("Backlog", "Mine").getByRole("link").focus();
    await board.page.keyboard.press("Alt+ArrowRight");
    await board.card("Ready", "Mine").waitFor();
    await server.waitFor((event) => event.type === "issue.status" && event.status === "ready");
    cut = false;
    await board.card("In review", "Before").waitFor();
    await board.card("Backlog", "Meanwhile").waitFor();
    await board.page.getByText("Live", { exact: true }).waitFor();
    assert.equal(board.requests.filter((request) => request.includes("/issues?status=backlog")).length, 1);
  },
);
