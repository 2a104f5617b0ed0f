/** What an agent is told: the issue or the news of it, and the files that come with it. */

import type { Attachment } from "../domain/attachment.ts";
import type { Comment } from "../domain/comment.ts";
import { type PromptFile, promptFor, resumePrompt } from "../domain/prompt.ts";
import type { Outcome, Run } from "../domain/run.ts";
import type { Claim } from "../store/store.ts";
import type { WorkspaceFile } from "./ports.ts";

/** Outcomes after which the session has seen what its run was given. */
const TOLD: readonly (Outcome | "")[] = ["needs_input", "implemented", "checks_failed", "no_change"];

export interface BriefingOptions {
  claim: Claim;
  attachments: readonly (Attachment & { path: string })[];
  /** The issue's earlier runs, oldest first. */
  earlier: readonly Run[];
  /** A random word of `[a-z0-9]`. */
  newFence(): string;
}

export class Briefing {
  readonly #claim: Claim;
  readonly #last: Run | undefined;
  readonly #newFence: () => string;
  readonly #attachments: readonly (Attachment & { path: string; file_name: string })[];
  #files: PromptFile[] = [];
  /** The project's own words for its agents. */
  project_rules = "";

  constructor({ claim, attachments, earlier, newFence }: BriefingOptions) {
    this.#claim = claim;
    this.#last = earlier.at(-1);
    this.#newFence = newFence;
    this.#attachments = attachments.map((file, index) => ({
      ...file,
      file_name: fileName(file.name, index),
    }));
  }

  /** The attachments, as files of the workspace. */
  get files(): WorkspaceFile[] {
    return this.#attachments.map(({ file_name, path }) => ({ name: file_name, path }));
  }

  /** @param folder where the agent finds the attachments */
  filesAreIn(folder: string): void {
    this.#files = this.#attachments.map(({ file_name, name, content_type, size }) => ({
      path: `${folder}/${file_name}`,
      name,
      content_type,
      size,
    }));
  }

  /** For a session that knows nothing: the whole issue. */
  first(comments: Comment[]): string {
    const begun = this.#claim.last_commit !== "" || this.#claim.session_id !== "";
    return promptFor({ ...this.#common(comments), begun });
  }

  /** For a session that goes on. */
  resumed(comments: Comment[]): string {
    return resumePrompt({
      ...this.#common(comments),
      last_outcome: this.#last?.outcome ?? "",
      last_reason: this.#last?.reason ?? "",
    });
  }

  #common(comments: Comment[]) {
    return {
      issue: this.#claim.issue,
      comments,
      files: this.#files,
      fence: this.#newFence(),
      project_rules: this.project_rules,
    };
  }

  /**
   * What the session has not seen: comments that no agent was given, and those that the last run was given when
   * it may have died before it read them.
   */
  news(comments: Comment[]): Comment[] {
    const last = this.#last;
    const cut_off = last !== undefined && !TOLD.includes(last.outcome);
    return comments.filter(({ author_kind, delivered_at }) =>
      author_kind === "human" && (delivered_at === "" || (cut_off && delivered_at >= last.started_at))
    );
  }
}

/** A name that is one plain path part, and unlike any other of the issue. */
function fileName(name: string, index: number): string {
  const safe = name.normalize("NFKD").replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+|[._-]+$/g, "").slice(
    -60,
  );
  return `${index + 1}-${safe === "" ? "file" : safe}`;
}
