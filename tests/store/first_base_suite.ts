/** Where an issue's work began. */

import assert from "node:assert/strict";
import { ANN, BOT, newIssue, runEnd } from "../support/store.ts";
import { type Backend, testOn } from "./backend.ts";

export function firstBaseSuite(backend: Backend): void {
  testOn(
    backend,
    "runs.firstBase() is the first run's that had a workspace, of this issue alone",
    async () => {
      await using test = await backend.open();
      const { issues, runs } = test.store;
      const other = await issues.create(newIssue({ status: "ready" }), ANN);
      const issue = await issues.create(newIssue({ status: "ready" }), ANN);
      assert.equal(await runs.firstBase(issue.id), "");
      const run = async (base_commit: string) => {
        const claim = await runs.claim(BOT);
        assert.ok(claim !== null);
        if (base_commit !== "") await runs.update(claim.run.id, claim.lease.fence, { base_commit });
        await runs.finish(claim.run.id, claim.lease.fence, runEnd({ outcome: "implemented" }));
        await issues.move(claim.issue.id, claim.issue.id === other.id ? "done" : "ready", ANN);
      };
      await run("of-another");
      // The first one dies before it has a workspace.
      for (const base of ["", "first", "second"]) await run(base);
      assert.equal(await runs.firstBase(issue.id), "first");
      assert.equal(await runs.firstBase(other.id), "of-another");
      assert.equal(await runs.firstBase("nobody"), "");
    },
  );
}
