import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/commands.ts";
import { cliFor } from "../support/cli.ts";
import { findProgram } from "../../src/process/spawn.ts";
import { PATIENCE_MS } from "../support/wait.ts";

/** What bash would offer for the last of the words. */
const ASK_BASH = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _autopilot
printf '%s\\n' "\${COMPREPLY[@]}"`;

/** The same of fish, which says something about each after a tab. */
const ASK_FISH = `
source $argv[1]
complete -C (string join -- ' ' $argv[2..-1])`;

/**
 * The same of zsh, which completes in a terminal only: Ctrl+D lists there what could follow, and that is awaited.
 * READY is when its editor listens: before, the terminal itself would take the key.
 */
const ASK_ZSH = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; fpath=(\${1:h} \$fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=1000; zle-line-init() { print RE''ADY }; zle -N zle-line-init"
zpty -r -m z got '*READY*'
zpty -w -n z "$2"$'\\x04'
zpty -r -m z got "*$3*"
print -r -- "$got"`;

const OFFERS: [words: string[], offered: string[]][] = [
  [["iss"], ["issue"]],
  [["issue", ""], ["comment", "list", "move", "new", "show", "watch"]],
  [["issue", "new", "--pr"], ["--priority"]],
  [["issue", "new", "--priority", ""], ["high", "low", "normal", "urgent"]],
  [["issue", "move", "1", "in_"], ["in_progress", "in_review"]],
  [["completions", ""], ["bash", "fish", "zsh"]],
  [["--conc"], ["--concurrency"]],
  [["serve", "--sandbox", "b"], ["bwrap"]],
];

/** What the shell prints; fails when it says anything on standard error, or is ended as it goes on and on. */
async function ask(shell: string, args: string[]): Promise<string> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const { code, stdout, stderr } = await new Deno.Command(shell, { args, signal }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.deepEqual([code, text(stderr)], [0, ""], args.slice(2).join(" "));
  return text(stdout);
}

const ASKED: Record<string, (path: string, words: string[], offered: string[]) => Promise<void>> = {
  async bash(path, words, offered) {
    const found = await ask("bash", ["-c", ASK_BASH, "ask", path, "autopilot", ...words]);
    assert.deepEqual(found.trim().split("\n").toSorted(), offered, words.join(" "));
  },
  async fish(path, words, offered) {
    const found = await ask("fish", ["--no-config", "-c", ASK_FISH, path, "autopilot", ...words]);
    const names = found.trim().split("\n").map((line) => line.split("\t")[0]);
    assert.deepEqual(names.toSorted(), offered, words.join(" "));
  },
  async zsh(path, words, offered) {
    const list = `\x1b[J${offered.join("*")}`.replaceAll("[", "\\[");
    await ask("zsh", ["-f", "-c", ASK_ZSH, "ask", path, ["autopilot", ...words].join(" "), list]);
  },
};

for (const [shell, offers] of Object.entries(ASKED)) {
  const missing = findProgram(shell, Deno.env.get("PATH") ?? "") === null;
  Deno.test({
    name: `completions for ${shell} offer every command and what fits${
      missing ? ` (ignored: ${shell} is not installed)` : ""
    }`,
    ignore: missing,
    async fn() {
      await using cli = await cliFor({ url: "http://127.0.0.1:1" });
      const folder = await Deno.makeTempDir({ prefix: "autopilot-test-" });
      try {
        const { code, stdout, stderr } = await cli.run(["completions", shell]);
        assert.equal(code, 0, stderr);
        for (const { name } of COMMANDS) assert.ok(stdout.includes(name.split(" ").at(-1)!), name);
        // The name by which zsh finds it.
        const path = `${folder}/_autopilot`;
        await Deno.writeTextFile(path, stdout);
        for (const [words, offered] of OFFERS) await offers(path, words, offered);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("completions name the shells there are", async () => {
  await using cli = await cliFor({ url: "http://127.0.0.1:1" });
  const unknown = await cli.run(["completions", "tcsh"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /shell = "tcsh" can't be used: it is one of bash, zsh, fish/);
});
