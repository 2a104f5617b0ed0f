/** vibe-kanban's local database, read only. */

import { DatabaseSync } from "node:sqlite";
import { messageOfError } from "../domain/errors.ts";
import type { VibeTask } from "../domain/vibe_kanban.ts";
import { DatabaseFileError } from "./sqlite_files.ts";

/**
 * Its tasks, oldest first, with their attempts: tables `projects`, `tasks` and `task_attempts` (since December 2025
 * `workspaces`), whose shape is looked up, as its versions differ.
 *
 * @throws DatabaseFileError when it is no such database
 */
export function readVibeTasks(path: string): VibeTask[] {
  try {
    using db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    const columns = (table: string): string[] =>
      db.prepare("select name from pragma_table_info(?)").all(table).map(({ name }) => String(name));
    if (!columns("tasks").includes("title") || !columns("projects").includes("name")) {
      throw new DatabaseFileError("It is no database of vibe-kanban: it has no tasks and projects");
    }
    const attempts = ["task_attempts", "workspaces"].find((table) => columns(table).includes("task_id"));
    const rows = db.prepare(
      `select hex(tasks.id) as id, projects.name as project, tasks.title, tasks.description,
        tasks.status, tasks.created_at
      from tasks left join projects on projects.id = tasks.project_id order by tasks.created_at, tasks.id`,
    ).all();
    const byTask = Map.groupBy(
      attempts === undefined ? [] : attemptsIn(db, attempts, columns(attempts)),
      ({ task_id }) => task_id,
    );
    return rows.map((row) => ({
      id: String(row.id).toLowerCase(),
      project: String(row.project ?? ""),
      title: String(row.title),
      description: String(row.description ?? ""),
      status: String(row.status),
      created_at: String(row.created_at),
      attempts: byTask.get(String(row.id)) ?? [],
    }));
  } catch (cause) {
    if (cause instanceof DatabaseFileError) throw cause;
    throw new DatabaseFileError(`It can't be read as a database of vibe-kanban: ${messageOfError(cause)}`, {
      cause,
    });
  }
}

function attemptsIn(
  db: DatabaseSync,
  table: string,
  columns: readonly string[],
): (VibeTask["attempts"][number] & { task_id: string })[] {
  const optional = (column: string) => columns.includes(column) ? `coalesce(${column}, '')` : "''";
  return db.prepare(`select hex(id) as id, hex(task_id) as task_id, ${optional("branch")} as branch,
      ${optional("executor")} as executor, created_at
    from ${table} where task_id is not null order by created_at, id`).all().map((row) => ({
    id: String(row.id).toLowerCase(),
    task_id: String(row.task_id),
    branch: String(row.branch),
    executor: String(row.executor),
    created_at: String(row.created_at),
  }));
}
