import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/commands.ts";
import { cliFor } from "../support/cli.ts";
import { findProgram } from "../../src/process/spawn.ts";

/** What bash would offer for the last of the words. */
const ASK = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _autopilot
printf '%s\\n' "\${COMPREPLY[@]}"`;

const OFFERS: [words: string[], offered: RegExp][] = [
  [["iss"], /^issue$/],
  [["issue", ""], /^new\nlist\nshow\nmove\ncomment\nwatch$/],
  [["issue", "new", "--pr"], /^--priority$/],
  [["issue", "new", "--priority", ""], /^urgent\nhigh\nnormal\nlow$/],
  [["issue", "move", "1", "in_"], /^in_progress\nin_review$/],
  [["completions", ""], /^bash\nzsh\nfish$/],
  [["--conc"], /^--concurrency$/],
  [["serve", "--sandbox", "b"], /^bwrap$/],
];

Deno.test("completions are scripts that their shells take, with every command; bash offers what fits", async () => {
  await using cli = await cliFor({ url: "http://127.0.0.1:1" });
  const folder = await Deno.makeTempDir({ prefix: "autopilot-test-" });
  try {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { code, stdout, stderr } = await cli.run(["completions", shell]);
      assert.equal(code, 0, stderr);
      for (const { name } of COMMANDS) {
        assert.ok(stdout.includes(name.split(" ").at(-1)!), `${shell}: ${name}`);
      }
      const path = `${folder}/autopilot.${shell}`;
      await Deno.writeTextFile(path, stdout);
      // Bash is part of every test machine; the others are checked where they are.
      if (findProgram(shell, Deno.env.get("PATH") ?? "") === null && shell !== "bash") continue;
      const read = await new Deno.Command(shell, { args: ["-n", path] }).output();
      assert.equal(read.code, 0, new TextDecoder().decode(read.stderr));
    }
    for (const [words, offered] of OFFERS) {
      const args = ["-c", ASK, "ask", `${folder}/autopilot.bash`, "autopilot", ...words];
      const { stdout, stderr } = await new Deno.Command("bash", { args }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
      assert.match(new TextDecoder().decode(stdout).trim(), offered, words.join(" "));
    }
    const unknown = await cli.run(["completions", "tcsh"]);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /shell = "tcsh" can't be used: it is one of bash, zsh, fish/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
