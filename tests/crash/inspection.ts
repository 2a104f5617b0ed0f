/** What must be true after a crash and a recovery, as functions that answer what is not. */

import { join } from "node:path";
import type { Issue } from "../../src/domain/issue.ts";
import type { Failpoint } from "../../src/failpoint.ts";
import { type Details, eventsOf } from "../e2e/setup.ts";
import type { FakeGithub } from "../support/fake_github.ts";
import { processesNaming } from "../support/processes.ts";
import type { TestRepo } from "../support/repo.ts";
import type { TestServer } from "../support/server.ts";

export interface Scene {
  point: Failpoint;
  server: TestServer;
  repo: TestRepo;
  github: FakeGithub;
  issue: Issue;
  details: Details;
  /** The folder in which the scripted agent wrote down what it did. */
  book: string;
}

/** Runs that end before the server may have died once, or twice when the rescuer died too. */
const MOST_RUNS = 2;
const CLEAR_MS = 10_000;

export async function inspect(scene: Scene): Promise<{ broken: string[]; starts: number }> {
  const starts = await linesOf(join(scene.book, "starts"));
  const checks = [
    ...await workIsThere(scene),
    ...await oneBranchOnePull(scene),
    ...commentsOnce(scene.details),
    ...await costOnce(scene),
    ...runsMakeSense(scene.details),
    ...sameSession(starts),
    ...await nothingLeft(scene),
    ...await logWithoutGap(scene.server),
    ...await checkoutUntouched(scene.repo),
    ...await humanWasHeard(scene),
  ];
  return { broken: checks, starts: starts.length };
}

/** Every change that an agent wrote down before it died, or after it went on, is on the branch. */
export async function workIsThere(
  { repo, details: { issue }, book }: Pick<Scene, "repo" | "details" | "book">,
): Promise<string[]> {
  const changes = await linesOf(join(book, "changes"));
  if (changes.length === 0) return ["the agent never worked"];
  const files = (await repo.git("ls-tree", "-r", "--name-only", issue.branch)).split("\n");
  const notes = (await repo.git("show", `${issue.branch}:notes.txt`)).split("\n");
  const foreign = files.filter((name) => /-output$/.test(name)).map((name) => `${name} was taken for work`);
  return [...foreign, ...lost(changes, files, notes)];
}

function lost(changes: string[], files: string[], notes: string[]): string[] {
  return changes.filter((name) => !files.includes(name) || !notes.includes(name))
    .map((name) => `the change ${name} was lost`);
}

async function oneBranchOnePull({ repo, github, details: { issue, runs } }: Scene): Promise<string[]> {
  const broken: string[] = [];
  const names = (await repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads")).split("\n");
  if (names.sort().join() !== [issue.branch, "main"].sort().join()) {
    broken.push(`the branches are ${names.join(", ")}`);
  }
  const pulls = github.pulls.map(({ head, url }) => `${head} ${url}`);
  if (pulls.join() !== `${issue.branch} ${issue.pr_url}`) {
    broken.push(`the pull requests are: ${pulls.join()}`);
  }
  const here = await repo.git("rev-parse", issue.branch);
  const there = await repo.git("--git-dir", github.bare, "rev-parse", issue.branch);
  if (here !== there) broken.push("the pushed branch is not the local one");
  if (runs.findLast(({ commit }) => commit !== "")?.commit !== here) {
    broken.push("the last run does not name the branch's commit");
  }
  return broken;
}

function commentsOnce({ comments }: Details): string[] {
  const texts = comments.map(({ author, body }) => `${author}: ${body}`);
  return texts.filter((text, index) => texts.indexOf(text) !== index).map((text) => `twice: ${text}`);
}

/** What the sessions cost, by the agent's own book, is what the runs and the issue say. */
export async function costOnce(
  { details: { issue, runs }, book }: Pick<Scene, "details" | "book">,
): Promise<string[]> {
  let cents = 0;
  for await (const { name } of Deno.readDir(book)) {
    if (name.startsWith("session-")) cents += Number(await Deno.readTextFile(join(book, name)));
  }
  const of_runs = Math.round(runs.reduce((sum, { cost_usd }) => sum + cost_usd, 0) * 100);
  const of_issue = Math.round(issue.cost_usd * 100);
  return of_runs === cents && of_issue === cents
    ? []
    : [`the sessions cost ${cents} cents, the runs say ${of_runs}, the issue ${of_issue}`];
}

function runsMakeSense({ issue, runs }: Details): string[] {
  const broken: string[] = [];
  if (issue.status !== "in_review") broken.push(`the issue is ${issue.status}`);
  if (runs.some(({ attempt }, index) => attempt !== index + 1) || runs.length > MOST_RUNS) {
    broken.push(`the attempts are ${runs.map(({ attempt }) => attempt).join(", ")}`);
  }
  for (const { attempt, phase } of runs) if (phase !== "finished") broken.push(`run ${attempt} is ${phase}`);
  if (runs.at(-1)?.outcome !== "implemented") broken.push(`the last run is ${runs.at(-1)?.outcome}`);
  return broken;
}

/** Each line: session, and 1 when it was resumed. */
function sameSession(starts: readonly string[]): string[] {
  const [first, ...later] = starts.map((line) => line.split(" "));
  return later.filter(([session, resumed]) => session !== first[0] || resumed !== "1")
    .map(([session]) => `the session ${first[0]} was not resumed: ${session}`);
}

/** Clearing up goes on beside everything else: what counts is what is left after a while. */
async function nothingLeft(scene: Scene): Promise<string[]> {
  const until = performance.now() + CLEAR_MS;
  for (;;) {
    const left = await whatIsLeft(scene);
    if (left.length === 0 || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function whatIsLeft({ server, repo }: Scene): Promise<string[]> {
  const processes = await processesNaming(repo.dir, [server.pid]);
  const folders: string[] = [];
  for (const place of ["workspaces", "quarantine"]) {
    for (const name of await namesIn(join(server.data, place))) {
      // The living server's own tree for its next run.
      if (!name.startsWith(`.spare-${server.pid}-`)) folders.push(`${place}/${name}`);
    }
  }
  return [
    ...processes.map((one) => `a process is left: ${one}`),
    ...folders.map((one) => `a folder is left: ${one}`),
  ];
}

export async function logWithoutGap(server: TestServer): Promise<string[]> {
  const sequence = (await eventsOf(server)).map(({ seq }) => seq);
  return sequence.every((seq, index) => seq === index + 1) ? [] : [`the events are ${sequence.join()}`];
}

export async function checkoutUntouched(repo: TestRepo): Promise<string[]> {
  const state = [
    await repo.git("status", "--porcelain=v1", "--untracked-files=all"),
    await repo.git("symbolic-ref", "--short", "HEAD"),
    await repo.git("fsck", "--connectivity-only", "--no-dangling"),
  ].join("|");
  return state === "|main|" ? [] : [`the user's repository: ${state}`];
}

async function humanWasHeard({ point, book }: Scene): Promise<string[]> {
  if (point !== "comment_handed") return [];
  const heard = [...await linesOf(join(book, "prompts")), ...await linesOf(join(book, "heard"))].join("\n");
  return heard.includes("Please use tabs.") ? [] : ["the comment never reached the agent"];
}

async function linesOf(path: string): Promise<string[]> {
  try {
    return (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
