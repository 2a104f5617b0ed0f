/** A machine for a reader of README: an own home with projects, the program on PATH, a scripted agent, a GitHub. */

import { dirname, join } from "node:path";
import { readLines } from "../../src/process/lines.ts";
import { run } from "../../src/process/spawn.ts";
import { CLAUDE_BINARY } from "../support/claude_binary.ts";
import { startFakeGithub } from "../support/fake_github.ts";
import { cleanEnv } from "../support/server.ts";
import { PATIENCE_MS, within } from "../support/wait.ts";
import { EVERYWHERE, type Recipe } from "./recipes.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const PROJECTS = ["code/my-project", "project"];

export interface World extends AsyncDisposable {
  /** A fresh folder, where a block's commands run that are not for the checkout. */
  newFolder(): Promise<string>;
  /** Runs a command as its recipe says; throws with everything it printed when it does not do what it should. */
  perform(command: string, recipe: Exclude<Recipe, { not_run: string }>, folder: string): Promise<void>;
  /** Address of the server that is kept. */
  readonly url: string;
}

export async function makeWorld(): Promise<World> {
  // Short: gh's socket lies in it.
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "ap-readme-" }));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => Deno.remove(dir, { recursive: true }));
  const github = opened.use(await startFakeGithub(join(dir, "gh")));
  github.issues.push(githubIssue());
  const home = join(dir, "home");
  const bin = join(dir, "bin");
  const tmp = join(dir, "tmp");
  for (const folder of [home, bin, tmp]) await Deno.mkdir(folder);
  const clean = await cleanEnv(home);
  const path = `${bin}:${dirname(Deno.execPath())}:${clean.PATH}`;
  const env: Record<string, string> = {
    ...clean,
    ...github.env,
    HOME: home,
    PATH: path,
    TMPDIR: tmp,
    AUTOPILOT_PORT: String(freePort()),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  };
  await program(
    join(bin, "autopilot"),
    `exec deno run -q --cached-only --config '${ROOT}deno.json' -P=server '${ROOT}main.ts' "$@"`,
  );
  await program(join(bin, "claude"), await scriptedAgent());
  for (const project of PROJECTS) await makeProject(join(home, project), env);
  await vibeKanbanExport(join(home, "vibe-kanban-export"));

  const world = new ReaderMachine(dir, env);
  opened.defer(() => world.stopKept());
  const all = opened.move();
  return Object.assign(world, { [Symbol.asyncDispose]: () => all.disposeAsync() });
}

class ReaderMachine {
  #kept: { child: Deno.ChildProcess; printed: Printed; again: () => Promise<void> } | null = null;
  #folders = 0;
  constructor(readonly dir: string, readonly env: Record<string, string>) {}

  get url(): string {
    return `http://127.0.0.1:${this.env.AUTOPILOT_PORT}`;
  }

  async newFolder(): Promise<string> {
    const folder = join(this.dir, `work-${++this.#folders}`);
    await Deno.mkdir(folder);
    return folder;
  }

  async perform(
    command: string,
    recipe: Exclude<Recipe, { not_run: string }>,
    folder: string,
  ): Promise<void> {
    const { codes = [0], out = /(?:)/, until, keep, stopped } = recipe;
    if (stopped) {
      const again = this.#kept?.again;
      await this.stopKept();
      await this.perform(command, { ...recipe, stopped: undefined }, folder);
      return await again?.();
    }
    let line = recipe.real_claude ? command.replace("claude ", `'${CLAUDE_BINARY}' `) : command;
    for (const [from, to] of [...recipe.as ?? [], ...EVERYWHERE]) {
      line = line.replaceAll(from, to.replace("<port>", this.env.AUTOPILOT_PORT));
    }
    const exported = /^export (\w+)=/.exec(line)?.[1];
    const script = exported === undefined ? `exec ${line}` : `${line}; printf '%s' "$${exported}"`;
    const child = new Deno.Command("sh", {
      args: ["-ec", script],
      cwd: /^deno /.test(line) ? ROOT : folder,
      env: this.env,
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    const printed = new Printed(child);
    const failed = (what: string) => new Error(`${line}\n${what}:\n${printed.text()}`);
    try {
      if (until !== undefined) {
        await within(printed.matches(until), PATIENCE_MS, () => failed(`never printed ${until}`).message);
        if (keep) {
          this.#kept = { child, printed, again: () => this.perform(command, recipe, folder) };
          return;
        }
        await signalGroup(child, "INT");
      }
      const { code } = await within(child.status, PATIENCE_MS, () => failed("goes on").message);
      await printed.end;
      if (!codes.includes(code)) throw failed(`ended with ${code}`);
      if (!out.test(printed.text())) throw failed(`did not print ${out}`);
      if (exported !== undefined) this.env[exported] = printed.out.join("\n");
    } finally {
      if (this.#kept?.child !== child) await endOf(child, printed);
    }
  }

  async stopKept(): Promise<void> {
    const kept = this.#kept;
    this.#kept = null;
    if (kept === null) return;
    await signalGroup(kept.child, "INT");
    await within(kept.child.status, PATIENCE_MS, () => `It does not stop:\n${kept.printed.text()}`);
    await kept.printed.end;
  }
}

async function endOf(child: Deno.ChildProcess, printed: Printed): Promise<void> {
  await signalGroup(child, "KILL");
  await child.status;
  await printed.end;
}

/** To all that it started, as a terminal's Ctrl-C goes; nothing when all of it has ended. */
async function signalGroup(child: Deno.ChildProcess, signal: "INT" | "KILL"): Promise<void> {
  await new Deno.Command("kill", { args: [`-${signal}`, "--", `-${child.pid}`], stderr: "null" }).output();
}

/** What a process prints, as it does. */
class Printed {
  readonly out: string[] = [];
  readonly end: Promise<unknown>;
  readonly #all: string[] = [];
  readonly #waits = new Set<() => void>();

  constructor(child: Deno.ChildProcess) {
    const read = async (stream: ReadableStream<Uint8Array>, into?: string[]) => {
      for await (const line of readLines(stream)) {
        into?.push(line);
        this.#all.push(line);
        this.#waits.forEach((check) => check());
      }
    };
    this.end = Promise.all([read(child.stdout, this.out), read(child.stderr)]);
  }

  text(): string {
    return this.#all.join("\n");
  }

  async matches(match: RegExp): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => match.test(this.text()) && resolve();
    this.#waits.add(check);
    check();
    this.end.then(() => reject(new Error(`It ended before it printed ${match}:\n${this.text()}`)), reject);
    await promise;
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function program(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text.startsWith("#!") ? text : `#!/bin/sh\n${text}\n`);
  await Deno.chmod(path, 0o755);
}

/** The agent of the other tests, that edits whatever the issue says. */
async function scriptedAgent(): Promise<string> {
  const text = await Deno.readTextFile(join(ROOT, "tests/fixtures/bin/scripted-claude"));
  const playing = text.replace("rest=${prompt#*play:}", "rest=edit");
  if (playing === text) throw new Error("The scripted agent reads its play in another way now");
  return playing;
}

async function makeProject(path: string, env: Record<string, string>): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(join(path, "README.md"), "# Project\n");
  const me = ["-c", "user.name=Me", "-c", "user.email=me@example.invalid"];
  for (const args of [["init", "-q"], ["add", "-A"], [...me, "commit", "-q", "-m", "First"]]) {
    const { code, stderr } = await run({ command: "git", args, cwd: path, env });
    if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  }
}

function githubIssue(): Record<string, unknown> {
  return {
    number: 1,
    title: "From GitHub",
    body: "",
    state: "open",
    user: { login: "ann" },
    labels: [],
    author_association: "OWNER",
    created_at: "2024-05-06T07:08:09Z",
    html_url: "https://github.com/acme/app/issues/1",
  };
}

async function vibeKanbanExport(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    join(folder, "issues.csv"),
    "Issue ID,Title,Description,Status,Priority,Project,Assignee(s),Labels,Creator,Created,Updated,Start Date,Due Date,Completed,Parent Issue\n" +
      "VK-1,Dark mode,,In review,Urgent,App,Ann,bug,Ann,2026-01-02T03:04:05+00:00,,,,,\n",
  );
}
