/** What must be true at the end of a soak. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { checkoutUntouched, costOnce, logWithoutGap, namesIn, workIsThere } from "../crash/inspection.ts";
import { type Details, detailsOf, eventsOf } from "../e2e/setup.ts";
import { processesNaming } from "../support/processes.ts";
import type { TestServer } from "../support/server.ts";
import type { Filed } from "./humans.ts";
import type { World } from "./world.ts";

export interface End {
  play: string;
  details: Details;
  /** What moves the issue next; empty when it is in review. */
  next: string;
}

/** Looks at every issue through the last server. */
export async function judgeIssues(
  { repo, data }: World,
  server: TestServer,
  filed: readonly Filed[],
): Promise<{ ends: End[]; broken: string[] }> {
  const ends: End[] = [];
  const broken: string[] = [];
  for (const { issue, play } of filed) {
    const details = await detailsOf(server, issue);
    const book = join(data, "homes", String(issue.number), ".scripted");
    const complaints = [...runsAddUp(details)];
    if ((await namesIn(book)).includes("starts")) {
      const wrote = (await namesIn(book)).includes("changes");
      complaints.push(...await costOnce({ details, book }));
      if (wrote) complaints.push(...await workIsThere({ repo, details, book }));
    }
    const next = nextMover(details);
    if (next === null) complaints.push(`nothing moves it: it is ${details.issue.status}`);
    ends.push({ play, details, next: next ?? "" });
    broken.push(...complaints.map((what) => `issue ${issue.number} (${play}): ${what}`));
  }
  broken.push(...await commentsOfRunsOnce(server, ends));
  return { ends, broken };
}

/** Runs follow each other, each with one end, and their costs are the issue's. */
function* runsAddUp({ issue, runs }: Details): Generator<string> {
  if (runs.some(({ attempt }, index) => attempt !== index + 1)) yield "the attempts have a gap";
  if (runs.filter(({ phase }) => phase !== "finished").length > (issue.status === "in_progress" ? 1 : 0)) {
    yield `${issue.status}, but the runs are ${runs.map(({ phase }) => phase).join(", ")}`;
  }
  if (issue.status === "in_review" && runs.at(-1)?.outcome !== "implemented") {
    yield `in review after ${runs.at(-1)?.outcome}`;
  }
}

/** `null` when nothing does. */
function nextMover({ issue, comments }: Details): string | null {
  switch (issue.status) {
    case "in_review":
    case "done":
      return "";
    case "ready":
      return issue.not_before > new Date().toISOString()
        ? `the time ${issue.not_before}`
        : "the next free agent";
    case "blocked":
      return comments.at(-1)?.author_kind === "human" ? null : "a human's answer";
    case "backlog":
      return "a human";
    case "in_progress":
      // Every server has stopped in good order: nobody can be at work.
      return null;
  }
}

/** No run says anything twice, and every end of a run is told once. */
async function commentsOfRunsOnce(server: TestServer, ends: readonly End[]): Promise<string[]> {
  const bodies = new Map(ends.flatMap(({ details }) => details.comments.map(({ id, body }) => [id, body])));
  const seen = new Set<string>();
  const finished = new Set<unknown>();
  const broken: string[] = [];
  for (const { type, run_id, comment_id, author_kind } of await eventsOf(server)) {
    if (type === "run.finished") {
      if (finished.has(run_id)) broken.push(`run ${run_id} ended twice`);
      finished.add(run_id);
    }
    if (type !== "comment.added" || author_kind === "human") continue;
    const said = `${run_id}: ${bodies.get(String(comment_id))}`;
    if (seen.has(said)) broken.push(`said twice by run ${said}`);
    seen.add(said);
  }
  return broken;
}

/** What holds for the whole: log, database, repository. The server must be alive. */
export async function judgeWhole({ repo }: World, server: TestServer): Promise<string[]> {
  return [...await logWithoutGap(server), ...await checkoutUntouched(repo)];
}

/** After the last server has stopped in good order nothing may be left of any of them. */
export async function judgeRemains({ repo, data }: World): Promise<string[]> {
  const broken = (await processesNaming(repo.dir)).map((one) => `a process is left: ${one}`);
  for (const place of ["workspaces", "quarantine", "servers"]) {
    for (const name of await namesIn(join(data, place))) broken.push(`left in ${place}: ${name}`);
  }
  const database = new DatabaseSync(join(data, "autopilot.db"), { readOnly: true });
  try {
    const [row] = database.prepare("PRAGMA integrity_check").all();
    if (row.integrity_check !== "ok") broken.push(`the database: ${JSON.stringify(row)}`);
  } finally {
    database.close();
  }
  return broken;
}
