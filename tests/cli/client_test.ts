import assert from "node:assert/strict";
import { createClient } from "../../src/cli/client.ts";
import { CommandError, EXIT } from "../../src/cli/exit.ts";
import { follow, type Message } from "../../src/cli/live.ts";
import { Printer, styled } from "../../src/cli/printer.ts";

/** A server that gives this answer to everything, and the credentials that it saw. */
async function answering(
  answer: (request: Request) => Response,
  use: (url: string, seen: (string | null)[]) => Promise<void>,
): Promise<void> {
  const seen: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    seen.push(request.headers.get("authorization"));
    return answer(request);
  });
  try {
    await use(`http://127.0.0.1:${server.addr.port}`, seen);
  } finally {
    await server.shutdown();
  }
}

const ANSWERS: [what: string, answer: () => Response, token: string, exit: number, message: RegExp][] = [
  [
    "401 without a token",
    () => Response.json({ error: "Log in", code: "unauthorized" }, { status: 401 }),
    "",
    EXIT.denied,
    /Log in\n.*AUTOPILOT_TOKEN/,
  ],
  [
    "401 with a token",
    () => Response.json({ error: "Log in", code: "unauthorized" }, { status: 401 }),
    "ap_r_x",
    EXIT.denied,
    /does not take the token/,
  ],
  [
    "403",
    () => Response.json({ error: "Read only", code: "forbidden" }, { status: 403 }),
    "ap_r_x",
    EXIT.denied,
    /Read only\n.*may not do this/,
  ],
  [
    "404",
    () => Response.json({ error: "No issue", code: "not_found" }, { status: 404 }),
    "",
    EXIT.refused,
    /^No issue$/,
  ],
  [
    "409",
    () => Response.json({ error: "Not now", code: "x", allowed: ["ready", "done"] }, { status: 409 }),
    "",
    EXIT.refused,
    /Not now\nPossible now: ready, done/,
  ],
  [
    "422",
    () =>
      Response.json(
        { error: "Invalid", code: "invalid", details: [{ field: "title", message: "Too long" }] },
        { status: 422 },
      ),
    "",
    EXIT.refused,
    /Invalid\n {2}title: Too long/,
  ],
  [
    "429",
    () => Response.json({ error: "Slow down", code: "x" }, { status: 429, headers: { "retry-after": "7" } }),
    "",
    EXIT.failed,
    /Slow down\nTry again in 7 s/,
  ],
  [
    "500",
    () => Response.json({ error: "Broken", code: "internal" }, { status: 500 }),
    "",
    EXIT.failed,
    /^Broken$/,
  ],
  [
    "a page of another program",
    () => new Response("<h1>nginx</h1>", { status: 502 }),
    "",
    EXIT.failed,
    /answered 502[\s\S]*AUTOPILOT_URL/,
  ],
  [
    "a redirect",
    () => new Response(null, { status: 302, headers: { location: "/login" } }),
    "",
    EXIT.failed,
    /answered 302/,
  ],
  ["no JSON", () => new Response("hello"), "", EXIT.failed, /no JSON came/],
];

for (const [what, answer, token, exit, message] of ANSWERS) {
  Deno.test(`Client.call() says what to do about ${what}`, async () => {
    await answering(answer, async (url, seen) => {
      await assert.rejects(createClient({ url, token }).call("/issues"), (error: unknown) => {
        assert.ok(error instanceof CommandError, String(error));
        assert.equal(error.exit, exit);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("ap_r_x"), "a token is not for the terminal");
        return true;
      });
      assert.equal(seen[0], token === "" ? null : `Bearer ${token}`);
    });
  });
}

Deno.test("follow() shows the token, takes each event once and in order, and comes back where it was", async () => {
  const connections: string[] = [];
  const event = (seq: number) => JSON.stringify({ type: "issue.updated", seq, actor_kind: "human" });
  await answering((request) => {
    connections.push(`${new URL(request.url).search} ${request.headers.get("authorization")}`);
    const { socket, response } = Deno.upgradeWebSocket(request);
    const first = connections.length === 1;
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "hello", seq: first ? 3 : 6 }));
      // The second time one comes again, as a replay may have it.
      for (const seq of first ? [4, 5] : [5, 6, 7]) socket.send(event(seq));
      if (first) socket.close(1012);
    };
    return response;
  }, async (url) => {
    const states: boolean[] = [];
    const seen: unknown[] = [];
    await follow(createClient({ url, token: "ap_r_x" }), {
      since: null,
      onState: (connected) => states.push(connected),
      take(message: Message) {
        if (message.type !== "hello") seen.push(message.seq);
        return message.seq === 7;
      },
    });
    assert.deepEqual(seen, [4, 5, 6, 7]);
    assert.deepEqual(states, [false, true]);
    assert.deepEqual(connections, [" Bearer ap_r_x", "?since=5 Bearer ap_r_x"]);
  });
});

Deno.test("follow() tells a login that is missing from a server that is", async () => {
  const refusal = () => Response.json({ error: "Log in", code: "unauthorized" }, { status: 401 });
  await answering(refusal, async (url) => {
    const following = follow(createClient({ url, token: "" }), { since: null, take: () => true });
    await assert.rejects(
      following,
      (error: unknown) => error instanceof CommandError && error.exit === EXIT.denied,
    );
  });
});

function printed(env: Record<string, string>, terminal: boolean, print: (printer: Printer) => void): string {
  const bytes: number[] = [];
  const writeSync = (offered: Uint8Array) => {
    // A pipe may take a part only.
    const taken = offered.subarray(0, Math.max(1, offered.length >> 1));
    bytes.push(...taken);
    return taken.length;
  };
  print(new Printer({ writeSync, isTerminal: () => terminal }, env));
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

Deno.test("Printer colours on a terminal only, and not where NO_COLOR says so", () => {
  const line = (printer: Printer) => printer.line("a ", styled("red", "b"));
  assert.equal(printed({}, true, line), "a \x1b[31mb\x1b[0m\n");
  assert.equal(printed({}, false, line), "a b\n");
  assert.equal(printed({ NO_COLOR: "1" }, true, line), "a b\n");
  assert.equal(printed({ NO_COLOR: "" }, true, line), "a \x1b[31mb\x1b[0m\n");
  assert.equal(printed({ TERM: "dumb" }, true, line), "a b\n");
});

Deno.test("Printer lets nothing through that steers a terminal, and its JSON stays what it was", () => {
  const hostile = "a\x1b[2J\x07\x9b\u202e\u200b\u{e0041}\ud83d\ude00ü\tb\nc";
  const shown = printed({}, true, (printer) => printer.line(hostile, styled("red", hostile)));
  const others = shown.replace("\x1b[31m", "").replace("\x1b[0m", "");
  assert.doesNotMatch(others, /(?![\n\t])[\p{Cc}\u200b\u202e\u{e0041}]/u);
  assert.ok(shown.includes("\\u{1b}[2J") && shown.includes("😀ü\tb\nc"), shown);
  const json = printed({}, true, (printer) => printer.json({ hostile }));
  assert.match(json, /^[\x20-\x7e😀ü]+\n$/u);
  assert.deepEqual(JSON.parse(json), { hostile });
});
