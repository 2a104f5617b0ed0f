/** Tasks of vibe-kanban: of its export (issues.csv and the files beside it) and of its local database. */

import {
  fittingBody,
  fittingName,
  fittingTitle,
  type ForeignComment,
  type ForeignIssue,
  type ForeignStatus,
  fromLabels,
  timeOf,
} from "./foreign_issue.ts";
import type { Priority } from "./issue.ts";

/** A record of a CSV file, by the names in its first line. */
export type CsvRecord = Readonly<Record<string, string>>;

/** The files of an export; those that it leaves out when they would be empty may be missing. */
export interface VibeExport {
  issues: CsvRecord[];
  comments: CsvRecord[];
  pull_requests: CsvRecord[];
}

/** A task of the local database. */
export interface VibeTask {
  id: string;
  project: string;
  title: string;
  description: string;
  status: string;
  created_at: string;
  /** Oldest first. */
  attempts: { id: string; branch: string; executor: string; created_at: string }[];
}

const AUTHOR = "vibe-kanban";

/** The columns without which a file is no issues.csv. */
export const ISSUE_COLUMNS = ["Issue ID", "Title", "Description", "Status", "Project"] as const;

export function foreignOfExport({ issues, comments, pull_requests }: VibeExport): ForeignIssue[] {
  return issues.map((row) => {
    const id = row["Issue ID"];
    const labels = (row.Labels ?? "").split(",").map((label) => label.trim()).filter((label) => label !== "");
    const pulls = pull_requests.filter((pull) => (pull["Issue ID(s)"] ?? "").split(/,\s*/).includes(id));
    const said = comments.filter((comment) => comment["Issue ID"] === id);
    return {
      key: `issue:${row.Project}/${id}`,
      title: fittingTitle(row.Title),
      body: fittingBody(originOf(row.Project, id, row.Status, labels), row.Description),
      kind: fromLabels(labels).kind,
      priority: priorityOf(row.Priority ?? "", labels),
      status: statusOf(row.Status),
      created_by: fittingName(row.Creator || AUTHOR),
      trust: "external",
      created_at: timeOf(row.Created ?? ""),
      comments: [
        ...said.map((comment) =>
          foreignComment(`comment:${row.Project}/${id}/${commentKey(comment)}`, comment)
        ),
        ...pulls.map((pull) => pullRequestNote(`${row.Project}/${id}`, pull)),
      ],
    };
  });
}

export function foreignOfTask(task: VibeTask): ForeignIssue {
  return {
    key: `task:${task.id}`,
    title: fittingTitle(task.title),
    body: fittingBody(originOf(task.project, "", task.status, []), task.description),
    kind: "feature",
    priority: "normal",
    status: statusOf(task.status),
    created_by: AUTHOR,
    trust: "external",
    created_at: timeOf(task.created_at),
    comments: task.attempts.map((attempt, n) => ({
      key: `attempt:${attempt.id}`,
      author: AUTHOR,
      trust: "external",
      body: fittingBody(
        `Attempt ${n + 1} in vibe-kanban`,
        [
          attempt.branch === "" ? "It had no branch." : `Branch: \`${attempt.branch}\``,
          ...(attempt.executor === "" ? [] : [`Agent: ${attempt.executor}`]),
        ].join("\n"),
      ),
      created_at: timeOf(attempt.created_at),
    })),
  };
}

/** The export names no comment; a later one may have others before it. */
function commentKey({ Created = "", Author = "", Message = "" }: CsvRecord): string {
  return `${Created}/${Author}/${Message.length}`;
}

/** Its columns can be named freely; only these two are an end. */
function statusOf(status: string): ForeignStatus {
  return /^(done|cancell?ed)$/i.test(status.trim()) ? "done" : "backlog";
}

function priorityOf(priority: string, labels: readonly string[]): Priority {
  const word = priority.toLowerCase();
  if (word === "urgent" || word === "high" || word === "low") return word;
  return word === "medium" ? "normal" : fromLabels(labels).priority;
}

function originOf(project: string, id: string, status: string, labels: readonly string[]): string {
  const where = [project === "" ? "" : `project ${project}`, id, `status ${status || "unknown"}`];
  if (labels.length > 0) where.push(`labels: ${labels.join(", ")}`);
  return `From vibe-kanban, ${where.filter((part) => part !== "").join(", ")}`;
}

function foreignComment(key: string, row: CsvRecord): ForeignComment {
  const created_at = timeOf(row.Created ?? "");
  return {
    key,
    author: fittingName(row.Author || AUTHOR),
    trust: "external",
    body: fittingBody(`In vibe-kanban${created_at === "" ? "" : `, ${created_at}`}`, row.Message ?? ""),
    created_at,
  };
}

function pullRequestNote(issue: string, row: CsvRecord): ForeignComment {
  return {
    key: `pull_request:${issue}/${row["PR URL"]}`,
    author: AUTHOR,
    trust: "external",
    body: fittingBody("Pull request in vibe-kanban", `${row["PR URL"]} (${row.Status || "state unknown"})`),
    created_at: timeOf(row["Merged At"] ?? ""),
  };
}
