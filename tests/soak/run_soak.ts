/** The soak: two servers, eight agents that misbehave, people who answer, and death at random. */

import type { TestServer } from "../support/server.ts";
import { Humans } from "./humans.ts";
import { PLAYS, playsFor } from "./plays.ts";
import { type End, judgeIssues, judgeRemains, judgeWhole } from "./verdict.ts";
import { makeWorld, sleep } from "./world.ts";

export interface SoakOptions {
  /** How long servers die. */
  minutes: number;
  /** How long everything has to come to its end afterwards. */
  settle_minutes: number;
  issues: number;
}

export interface SoakReport {
  table: string;
  broken: string[];
}

export async function runSoak({ minutes, settle_minutes, issues }: SoakOptions): Promise<SoakReport> {
  await using world = await makeWorld();
  const began = Date.now();
  const humans = new Humans(world);
  const end_of_chaos = began + minutes * 60_000;
  await Promise.all([
    world.chaos(end_of_chaos),
    humans.file(playsFor(issues), FILING_SHARE * minutes * 60_000),
    humans.work(end_of_chaos, { all_filed: false }),
  ]);
  const all_reviewed = await humans.work(Date.now() + settle_minutes * 60_000);
  const settled_s = (Date.now() - end_of_chaos) / 1000;
  await world.stopAll();

  const broken: string[] = [];
  const ends: End[] = [];
  {
    await using board = await world.lastServer({ runner: false });
    const judged = await judgeIssues(world, board, humans.filed);
    ends.push(...judged.ends);
    broken.push(...judged.broken, ...await judgeWhole(world, board));
  }
  {
    await using last = await world.lastServer({ runner: true });
    await cleared(last);
    if (await last.stop() !== 0) broken.push("the last server did not stop well");
  }
  broken.push(...await judgeRemains(world));
  const head = [
    `${issues} issues, ${world.tally.kills} × SIGKILL, ${world.tally.stops} × SIGTERM, ` +
    `${world.tally.restarts} restarts in ${minutes} minutes; people wrote ${humans.answered.comments} answers, ` +
    `stopped ${humans.answered.stops} runs, handed in ${humans.answered.handed_in} again.`,
    `${all_reviewed ? "Everything was in review" : "Not everything was in review"} ${
      settled_s.toFixed(0)
    } s after ` +
    "the last death.",
  ];
  return { table: [...head, "", soakTable(ends)].join("\n"), broken };
}

/** The last issues shall still meet with some deaths. */
const FILING_SHARE = 0.8;
const CLEAR_MS = 30_000;

/** Resolves when the server has cleared up what its predecessors left. */
async function cleared(server: TestServer): Promise<void> {
  const until = Date.now() + CLEAR_MS;
  while (Date.now() < until) {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    if (/^autopilot_workspaces \d+$/m.test(metrics)) return;
    await sleep(100);
  }
  throw new Error(`The server did not clear up:\n${server.log()}`);
}

/** What became of the issues, by play, in Markdown. */
function soakTable(ends: readonly End[]): string {
  const rows = Object.entries(PLAYS).flatMap(([play, { meaning }]) => {
    const of_play = ends.filter((end) => end.play === play);
    if (of_play.length === 0) return [];
    const outcomes = of_play.flatMap(({ details }) =>
      details.runs.map(({ outcome }) => outcome || "unfinished")
    );
    const counts = [...new Set(outcomes)].sort().map((one) =>
      `${outcomes.filter((outcome) => outcome === one).length} ${one}`
    );
    const open = of_play.filter(({ next }) => next !== "").map(({ details, next }) =>
      `#${details.issue.number} ${details.issue.status}: waits for ${next}`
    );
    const reviewed = of_play.length - open.length;
    return [
      `| ${meaning} | ${of_play.length} | ${counts.join(", ")} | ${[`${reviewed}`, ...open].join("; ")} |`,
    ];
  });
  return ["| The agent | Issues | Runs ended | In review |", "|---|---|---|---|", ...rows].join("\n");
}
