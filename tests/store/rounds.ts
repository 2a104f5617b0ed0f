/** What two processes do to one database at the same time, in rounds that both begin together. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readLines } from "../../src/process/lines.ts";
import type { Store } from "../../src/store/store.ts";
import { ANN, newComment, type TestStore } from "../support/store.ts";

const PROCESS = fileURLToPath(new URL("rounds_process.ts", import.meta.url));

/** So many writes at once; the numbers of the issues that they changed. */
type Round = (store: Store, name: string, size: number) => Promise<number[]>;

export const ROUNDS = {
  /** As many claimers take one issue each. */
  claim: async (store, name, size) => {
    const claims = await Promise.all(
      times(size, (index) => store.runs.claim({ id: `${name}-${index}`, host: name, pid: Deno.pid })),
    );
    return claims.flatMap((claim) => claim === null ? [] : [claim.issue.number]);
  },
  /** As many comments on the first issue: each reads what is there before it writes. */
  comment: async (store, name, size) => {
    const added = await Promise.all(
      times(size, (index) => store.comments.add("1", newComment(`${name} ${index}`), ANN)),
    );
    return added.map(({ issue }) => issue.number);
  },
} satisfies Record<string, Round>;
export type RoundKind = keyof typeof ROUNDS;

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/**
 * Plays rounds in this process and in another one. Left alone, one process may be through before the other gets its
 * first turn; so each round begins when both have ended the one before.
 */
export async function* playInTwoProcesses(
  test: TestStore,
  kind: RoundKind,
  size: number,
): AsyncGenerator<{ own: number[]; theirs: number[] }, never, void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROCESS, test.url, kind, String(size)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const answers = readLines(child.stdout);
  const orders = child.stdin.getWriter();
  try {
    for (;;) {
      await orders.write(new TextEncoder().encode("go\n"));
      const [own, answer] = await Promise.all([ROUNDS[kind](test.store, "own", size), answers.next()]);
      assert.ok(answer.done !== true, "The other process ended");
      yield { own, theirs: JSON.parse(answer.value) };
    }
  } finally {
    await orders.close();
    for await (const _ of answers) continue;
    assert.ok((await child.status).success);
  }
}
