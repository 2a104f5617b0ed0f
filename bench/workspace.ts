/** What isolation costs: the sandbox's start, making a workspace, and taking the work out of it. */

import { join } from "node:path";
import { openRepository } from "../src/process/git.ts";
import { probeSandbox, type Sandbox } from "../src/process/sandbox.ts";
import { run, type StartOptions } from "../src/process/spawn.ts";
import { snapshot } from "../src/workspace/snapshot.ts";
import { makeSpareTree, prepareWorkspace, removeWorkspace } from "../src/workspace/workspace.ts";
import { cleanEnv } from "../tests/support/server.ts";
import { git, makeRepository } from "./agent_start.ts";
import { amountRow, factorRow, quantile, type Row } from "./report.ts";

/** A spawn and its end, with bubblewrap around it and without. */
export async function sandboxRow(rounds: number): Promise<Row> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });
  try {
    const env = await cleanEnv(folder);
    const sandbox = await probeSandbox("bwrap", { env });
    const inside: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      inside.push(await timed(() => ended(wrapped(sandbox, folder, env))));
      bare.push(await timed(() => ended({ command: "/bin/true", args: [], env, cwd: folder })));
    }
    return amountRow(
      "a process in the sandbox (beside a bare one), start to end, p50",
      quantile(inside, 0.5),
      "ms",
      50,
      quantile(bare, 0.5),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function wrapped(sandbox: Sandbox, folder: string, env: Record<string, string>): StartOptions {
  return sandbox.wrap({
    command: "/bin/true",
    args: [],
    env,
    tree: folder,
    home: folder,
    read_only: [],
    read_write: [],
  });
}

async function ended(command: StartOptions): Promise<void> {
  const { code } = await run({
    command: command.command,
    args: command.args,
    env: command.env,
    cwd: command.cwd,
  });
  if (code !== 0) throw new Error(`${command.command} ended with ${code}`);
}

/** Making and taking a workspace, each beside git doing the same in a plain clone. */
export async function workspaceRows(files: number, rounds: number): Promise<Row[]> {
  const folder = await Deno.makeTempDir({ prefix: "autopilot-bench-" });
  try {
    const source = await makeRepository(join(folder, "repository"), files);
    const repository = await openRepository(source, await cleanEnv(folder));
    const commit = await repository.resolve("HEAD");
    if (commit === null) throw new Error("The repository has no commit");
    const times = { made: [], with_spare: [], taken: [], clone: [], commit: [] } as Record<string, number[]>;
    for (let round = 0; round < rounds; round++) {
      for (const kind of ["made", "with_spare"] as const) {
        const dir = join(folder, `workspaces/.spare-${round}`);
        if (kind === "with_spare") await makeSpareTree(repository, dir, commit);
        const began = performance.now();
        const workspace = await prepareWorkspace({
          repository,
          root: join(folder, "workspaces"),
          homes: join(folder, "homes"),
          issue_number: round,
          run_id: crypto.randomUUID(),
          branch: `autopilot/${round}-${kind.replace("_", "-")}`,
          attachments: [],
          max_file_bytes: 100 * 1024 * 1024,
          ...(kind === "with_spare" ? { spares: { take: () => ({ dir, commit }) } } : {}),
        });
        times[kind].push(performance.now() - began);
        await Deno.writeTextFile(join(workspace.tree, "new.txt"), `${round} ${kind}\n`);
        times.taken.push(
          await timed(() => snapshot(workspace, { repository, message: "Work", name: "b", email: "b@b" })),
        );
        await removeWorkspace(workspace, repository);
      }
      const plain = join(folder, `plain-${round}`);
      times.clone.push(await timed(() => git(source, "clone", "-q", "--shared", source, plain)));
      await Deno.writeTextFile(join(plain, "new.txt"), `${round}\n`);
      times.commit.push(
        await timed(async () => {
          await git(plain, "add", "-A");
          await git(plain, "-c", "user.name=b", "-c", "user.email=b@b", "commit", "-q", "-m", "Work");
        }),
      );
      await Deno.remove(plain, { recursive: true });
    }
    const middle = (name: string) => quantile(times[name], 0.5);
    const of = `of ${files.toLocaleString("en")} files, p50`;
    return [
      factorRow(`workspace ${of} (beside git clone)`, middle("made"), middle("clone"), "ms", 3),
      factorRow(`workspace ${of}, tree ready`, middle("with_spare"), middle("clone"), "ms", 1),
      factorRow(
        `taking the work ${of} (beside git add, commit)`,
        middle("taken"),
        middle("commit"),
        "ms",
        10,
      ),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
