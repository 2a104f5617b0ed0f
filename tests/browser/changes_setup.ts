/** An issue in review whose branch has changes, on a real server that works for a real repository. */

import assert from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { makeRepo, type TestRepo } from "../support/repo.ts";
import { startServer, type TestServer } from "../support/server.ts";

export interface Reviewed extends AsyncDisposable {
  readonly server: TestServer;
  readonly store: Store;
  readonly repo: TestRepo;
  readonly issue: Issue;
  /** A further run that commits these files to the branch. The issue must be ready. */
  work(files: Record<string, string>): Promise<string>;
}

const NO_COST = { turns: 1, cost_usd: 0.25, session_cost_usd: 0.25, input_tokens: 900, output_tokens: 90 };

/**
 * @param base the files of the first commit
 * @param change what the agent does on its branch, beside writing `files`
 */
export async function startReviewed(
  { title = "Round the corners", base, files, change }: {
    title?: string;
    base: Record<string, string>;
    files: Record<string, string>;
    change?: (repo: TestRepo) => Promise<unknown>;
  },
): Promise<Reviewed> {
  await using opened = new AsyncDisposableStack();
  const repo = opened.use(await makeRepo(base));
  const server = opened.use(await startServer({ env: { AUTOPILOT_WORKDIR: repo.path } }));
  const store = opened.use(
    await openStore({ url: `sqlite:${server.data}/autopilot.db`, clock: systemClock }),
  );
  const { body: issue } = await server.api<Issue>("/issues", { json: { title, status: "ready" } });
  const branch = `autopilot/${issue.number}-work`;
  await repo.git("branch", branch);

  const work = async (news: Record<string, string>, more?: (repo: TestRepo) => Promise<unknown>) => {
    const claim = await store.runs.claim({ id: "agent-7", host: "here", pid: 1 });
    assert.equal(claim?.issue.id, issue.id);
    const { run, lease } = claim;
    await repo.git("checkout", "-q", branch);
    await store.runs.update(run.id, lease.fence, {
      base_commit: await repo.git("rev-parse", "HEAD"),
      phase: "running",
    });
    await more?.(repo);
    const commit = await repo.commit(news, `Run ${run.attempt}`);
    await repo.git("checkout", "-q", "main");
    await store.runs.finish(run.id, lease.fence, {
      ...NO_COST,
      outcome: "implemented",
      reason: "",
      commit,
      branch,
      pr_url: "",
      result: "Done",
      session_id: "",
      checks: "",
      transient: false,
      not_before: "",
      comments: [{ author: "agent-7", author_kind: "agent", trust: "agent", body: "Done." }],
    });
    return commit;
  };
  await work(files, change);
  const all = opened.move();
  return { server, store, repo, issue, work, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
