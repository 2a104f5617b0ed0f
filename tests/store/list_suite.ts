/** Filters of lists: whatever is combined, the same issues as by looking at each. */

import assert from "node:assert/strict";
import { needOf } from "../../src/domain/attention.ts";
import type { Issue } from "../../src/domain/issue.ts";
import type { ListFilter } from "../../src/store/store.ts";
import { ANN, BOT, ManualClock, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

const has = (wanted: string | readonly string[] | undefined, ...values: (string | null)[]) => {
  const any: readonly string[] = typeof wanted === "string" ? [wanted] : wanted ?? [];
  return any.length === 0 || values.some((value) => value !== null && any.includes(value));
};

function matches(issue: Issue, filter: Partial<ListFilter>): boolean {
  return has(filter.status, issue.status) && has(filter.kind, issue.kind) &&
    has(filter.priority, issue.priority) && has(filter.trust, issue.trust) &&
    has(filter.needs, needOf(issue)) && has(filter.agent, issue.claimed_by, issue.assignee) &&
    has(filter.assignee, issue.assignee) &&
    (filter.q === undefined || issue.title.includes(filter.q) ||
      filter.q.replace("#", "") === `${issue.number}`);
}

export function listSuite(backend: Backend): void {
  testOn(
    backend,
    "issues.list() by any filters finds what a look at each issue finds, page by page",
    async () => {
      await using test = await backend.open();
      const { issues, runs } = test.store;
      const pick = <T>(values: readonly T[], n: number) => values[n % values.length];
      for (let n = 0; n < 48; n++) {
        const fields = {
          title: pick(["red", "green"], n),
          kind: pick(["bug", "chore", "feature"] as const, n >> 1),
          priority: pick(["urgent", "high", "normal", "low"] as const, n >> 2),
          trust: pick(["member", "member", "external"] as const, n),
          assignee: pick(["", "", "ann", "bot"], n >> 1),
          status: pick(["backlog", "ready", "in_review", "done"] as const, n >> 1),
        };
        await issues.create(newIssue(fields), ANN);
      }
      for (const outcome of ["failed", "needs_input", "implemented", "no_change", "timed_out"] as const) {
        const { run, lease } = (await runs.claim({ ...BOT, id: pick(["bot", "other"], outcome.length) }))!;
        await runs.finish(run.id, lease.fence, runEnd({ outcome }));
      }
      await runs.claim(BOT);
      const all = await issues.list({ limit: 500 });
      const filters: Partial<ListFilter>[] = [
        {},
        { priority: "high" },
        { priority: ["low", "urgent"], kind: "bug" },
        { status: ["ready", "in_review"], trust: "external" },
        { needs: "failed" },
        { needs: ["question", "review"], kind: ["bug", "feature"] },
        { needs: "review", status: ["blocked", "in_review"] },
        { agent: "bot" },
        { agent: ["bot", "other"], status: "blocked" },
        { agent: ["ann", "nobody"], needs: "review" },
        { agent: "" },
        { assignee: "ann", priority: ["normal", "low"] },
        { trust: ["external", "agent"] },
        { q: "red", priority: "normal" },
        { q: "red", agent: "bot", trust: "member" },
        { q: "7" },
        { q: "#7", kind: ["bug", "chore", "feature"] },
        { q: "#7", status: "blocked" },
        { q: "#900" },
        { status: [], kind: [] },
      ];
      for (const filter of filters) {
        const wanted = all.filter((issue) => matches(issue, filter)).map(({ number }) => number);
        const found: number[] = [];
        for (let before: number | undefined;; before = found.at(-1)) {
          const page = await issues.list({ ...filter, limit: 3, before });
          found.push(...page.map(({ number }) => number));
          if (page.length < 3) break;
        }
        assert.deepEqual([filter, found], [filter, wanted]);
        assert.deepEqual((await issues.list({ ...filter, limit: 500 })).map(({ number }) => number), wanted);
      }
      assert.equal((await issues.list({ limit: 9, agent: "'; drop table issues; --" })).length, 0);
    },
  );

  testOn(
    backend,
    "issues.list() in the order of acceptance, page by page, whatever moves meanwhile",
    async () => {
      const clock = new ManualClock();
      await using test = await backend.open({ clock });
      const { issues } = test.store;
      const file = async (title: string, more = {}) =>
        (await issues.create(newIssue({ title, status: "in_review", ...more }), ANN)).id;
      const ids = [];
      for (const [n, title] of ["a", "b", "c", "d", "e"].entries()) {
        ids.push(await file(title, { kind: n % 2 === 0 ? "bug" : "chore" }));
      }
      await file("not yet");
      const [a, b, c, d, e] = ids;
      for (const id of [e, a, d, b]) {
        clock.advance(1000);
        await issues.move(id, "done", ANN);
      }
      // Accepted in the same moment: each is on one page only.
      await issues.move(c, "done", ANN);
      // What is edited or told later was not accepted later; what is accepted again was.
      clock.advance(1000);
      await issues.edit(a, { title: "a!" }, {}, ANN);
      await issues.move(e, "backlog", ANN);
      clock.advance(1000);
      await issues.move(e, "done", ANN);
      const accepted = async (more: Partial<ListFilter> = {}) =>
        await issues.list({ order: "accepted", status: "done", limit: 500, ...more });
      const all = await accepted();
      assert.equal(all[0].id, e);
      assert.deepEqual(new Set([all[1].id, all[2].id]), new Set([b, c]));
      assert.deepEqual(all.slice(3).map(({ id }) => id), [d, a]);
      const paged = [];
      for (let before: number | undefined;; before = paged.at(-1)!.number) {
        const page = await accepted({ limit: 2, before });
        paged.push(...page);
        if (page.length < 2) break;
      }
      assert.deepEqual(paged, all);
      assert.deepEqual((await accepted({ kind: "chore" })).map(({ id }) => id), [b, d]);
      // The last one of a page is taken up again before the next page is asked for.
      await issues.move(all[1].id, "ready", ANN);
      assert.deepEqual(await accepted({ before: all[1].number }), all.slice(2));
      assert.deepEqual(await accepted({ before: 900 }), []);
    },
  );
}
