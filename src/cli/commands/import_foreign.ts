/** Issues of other trackers onto the board: read what is there, take in what is new. */

import { basename, join, resolve } from "node:path";
import { parseCsv } from "../../archive/csv.ts";
import { exists } from "../../archive/swap.ts";
import { ArchiveError } from "../../archive/tar.ts";
import type { Actor } from "../../domain/event.ts";
import type { ForeignIssue } from "../../domain/foreign_issue.ts";
import { foreignOfGithub } from "../../domain/github_issue.ts";
import { type CsvRecord, foreignOfExport, foreignOfTask, ISSUE_COLUMNS } from "../../domain/vibe_kanban.ts";
import { gitEnv } from "../../process/child_env.ts";
import { GithubReadError, readGithubIssues } from "../../process/gh_issues.ts";
import { SpawnError } from "../../process/spawn.ts";
import { readVibeTasks } from "../../store/vibe_kanban_file.ts";
import type { CommandContext } from "../command.ts";
import { useDataFolder } from "../data_folder.ts";
import { CommandError, EXIT, type ExitCode } from "../exit.ts";
import { isFileTrouble } from "../local_data.ts";
import { openDatabase } from "../open_data.ts";

export type ForeignSource = { github: string } | { vibe_kanban: string };

/** The command line is the operator's: whoever may run it owns the database. */
const OPERATOR: Actor = { kind: "human", name: "import" };

/**
 * Each issue is one commit: after a crash, or when somebody asks again, it goes on with what is not here yet.
 *
 * @throws CommandError
 */
export async function importForeign(context: CommandContext, from: ForeignSource): Promise<ExitCode> {
  const { source, issues } = await read(context, from);
  const config = await context.config();
  using _use = await useDataFolder(config.data);
  await using store = await openDatabase(config);
  const done = { source, issues: 0, comments: 0, known: 0 };
  for (const foreign of issues) {
    const added = await store.imports.add(source, foreign, OPERATOR);
    if (added === null) done.known++;
    else {
      if (added.created) done.issues++;
      done.comments += added.comments;
    }
  }
  if (context.json) context.out.json(done);
  else {
    context.out.line(
      `Imported ${done.issues} issues and ${done.comments} comments of ${source}; ${done.known} had nothing new`,
    );
  }
  return EXIT.ok;
}

async function read(
  context: CommandContext,
  from: ForeignSource,
): Promise<{ source: string; issues: ForeignIssue[] }> {
  const what = "github" in from ? from.github : from.vibe_kanban;
  try {
    return "github" in from ? await readGithub(from.github, context) : await readVibeKanban(resolve(what));
  } catch (error) {
    const expected = isFileTrouble(error) || error instanceof GithubReadError || error instanceof SpawnError;
    if (!expected) throw error;
    throw new CommandError(`${what} can't be imported: ${error.message}`, EXIT.failed, "not_imported", {
      cause: error,
    });
  }
}

async function readGithub(
  repository: string,
  context: CommandContext,
): Promise<{ source: string; issues: ForeignIssue[] }> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new CommandError(`${repository} is no repository: write owner/name`, EXIT.usage, "usage");
  }
  const { issues, comments } = await readGithubIssues(repository, gitEnv({ ...context.env }));
  const said = Map.groupBy(comments, ({ issue_number }) => issue_number);
  return {
    source: `github:${repository.toLowerCase()}`,
    issues: issues.map((issue) => foreignOfGithub(issue, said.get(issue.number) ?? [])),
  };
}

async function readVibeKanban(path: string): Promise<{ source: string; issues: ForeignIssue[] }> {
  const source = "vibe-kanban";
  if (basename(path).endsWith(".zip")) {
    throw new ArchiveError("It is a zip file: unzip it, and name the folder");
  }
  if ((await Deno.stat(path)).isFile) return { source, issues: readVibeTasks(path).map(foreignOfTask) };
  const issues = await readCsv(join(path, "issues.csv"));
  const lacking = issues.length === 0 ? [] : ISSUE_COLUMNS.filter((name) => issues[0][name] === undefined);
  if (lacking.length > 0) throw new ArchiveError(`Its issues.csv has no column ${lacking.join(", ")}`);
  const beside = async (name: string) =>
    await exists(join(path, name)) ? await readCsv(join(path, name)) : [];
  return {
    source,
    issues: foreignOfExport({
      issues,
      comments: await beside("comments.csv"),
      pull_requests: await beside("pull_requests.csv"),
    }),
  };
}

async function readCsv(path: string): Promise<CsvRecord[]> {
  return parseCsv(await Deno.readTextFile(path));
}
