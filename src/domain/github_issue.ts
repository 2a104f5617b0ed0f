/** Issues and comments as GitHub's REST interface tells them. */

import {
  fittingBody,
  fittingName,
  fittingTitle,
  type ForeignComment,
  type ForeignIssue,
  fromLabels,
  timeOf,
} from "./foreign_issue.ts";
import type { Trust } from "./issue.ts";

export interface GithubIssue {
  number: number;
  title: string;
  body: string | null;
  /** `open` or `closed`. */
  state: string;
  /** `null` for an account that is gone. */
  user: string | null;
  labels: string[];
  /** What the author is to the repository, by GitHub's word. */
  author_association: string;
  created_at: string;
  html_url: string;
}

export interface GithubComment {
  id: number;
  issue_number: number;
  body: string | null;
  user: string | null;
  author_association: string;
  created_at: string;
}

/** Who may write to the repository anyway. Contributors are strangers whose change was taken once. */
const MEMBERS = ["OWNER", "MEMBER", "COLLABORATOR"];

/** @param comments those on this issue */
export function foreignOfGithub(issue: GithubIssue, comments: readonly GithubComment[]): ForeignIssue {
  const by = issue.user === null ? "" : `, opened by @${issue.user}`;
  const labels = issue.labels.length === 0 ? "" : `, labels: ${issue.labels.join(", ")}`;
  return {
    key: `issue:${issue.number}`,
    title: fittingTitle(issue.title),
    body: fittingBody(`From ${issue.html_url}${by}${labels}`, issue.body ?? ""),
    ...fromLabels(issue.labels),
    status: issue.state === "closed" ? "done" : "backlog",
    created_by: authorOf(issue.user),
    trust: trustOf(issue.author_association),
    created_at: timeOf(issue.created_at),
    comments: comments.map(foreignComment),
  };
}

function foreignComment(comment: GithubComment): ForeignComment {
  return {
    key: `comment:${comment.id}`,
    author: authorOf(comment.user),
    trust: trustOf(comment.author_association),
    body: fittingBody(`On GitHub, ${timeOf(comment.created_at)}`, comment.body ?? ""),
    created_at: timeOf(comment.created_at),
  };
}

function authorOf(user: string | null): string {
  return fittingName(user === null ? "ghost" : `@${user}`);
}

function trustOf(association: string): Trust {
  return MEMBERS.includes(association) ? "member" : "external";
}
