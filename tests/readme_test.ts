import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { commandTable } from "../src/cli/command_line.ts";
import { envNameOf, flagNameOf, OPTION_NAMES } from "../src/config.ts";
import { parseProjectFile } from "../src/domain/project_file.ts";
import { run } from "../src/process/spawn.ts";
import { anchorsOf, type Block, blocksOf, codesOf, commandsOf, linksOf } from "./readme/blocks.ts";
import { CLAUDE_BINARY } from "./support/claude_binary.ts";
import { OTHERS, RECIPES } from "./readme/recipes.ts";
import { makeWorld, type World } from "./readme/world.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** The longest README that somebody reads, in lines. */
const MOST_LINES = 350;
/** A script of the board's, by its path. */
const TAG =
  /^<script src="(?:http:\/\/127\.0\.0\.1:8787)?(\/autopilot\/[^"]+)"(?: data-[a-z]+="[^"]*")*(?: defer)?><\/script>$/;

/** README.md and the pages of docs/, by their paths. In the order in which a reader comes to them. */
async function pages(): Promise<Map<string, string>> {
  const docs = (await Array.fromAsync(Deno.readDir(join(ROOT, "docs")))).map(({ name }) => `docs/${name}`)
    .filter((name) => name.endsWith(".md")).sort();
  return new Map(
    await Promise.all(
      ["README.md", ...docs].map(async (page) => [page, await Deno.readTextFile(join(ROOT, page))] as const),
    ),
  );
}

Deno.test("README.md is short, and its links and those of docs/ lead somewhere", async () => {
  const all = await pages();
  assert.ok(all.get("README.md")!.split("\n").length - 1 <= MOST_LINES, "README.md has become too long");
  for (const page of ["SECURITY.md", "CONTRIBUTING.md"]) {
    all.set(page, await Deno.readTextFile(join(ROOT, page)));
  }
  for (const [page, text] of all) {
    for (const link of linksOf(text)) {
      const [path, anchor = ""] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      const there = await Deno.readTextFile(join(ROOT, target)).catch(() => null);
      assert.ok(there !== null, `${page} links to ${link}, which is not there`);
      if (anchor !== "") {
        assert.ok(anchorsOf(there).has(anchor), `${page}: ${target} has no heading ${anchor}`);
      }
    }
  }
});

Deno.test("README.md and docs/ name only options, commands, flags and tasks that exist", async () => {
  const commands = new Map((await commandTable()).map((row) => [row.name, row]));
  const variables = new Set(OPTION_NAMES.flatMap((name) => [envNameOf(name), `${envNameOf(name)}_FILE`]));
  const server_flags = new Set(OPTION_NAMES.map(flagNameOf));
  const loaded = await Promise.all([...commands.values()].map((row) => row.load()));
  const all_flags = new Set([
    ...server_flags,
    ...loaded.flatMap(({ options }) => options?.flatMap(({ flags }) => flags.split(/[ ,]+/)) ?? []),
    ...["--help", "--json", "--version", "--config"],
    // Of `deno task compile`.
    "--target",
  ]);
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  for (const [page, text] of await pages()) {
    for (const [name] of text.matchAll(/\bAUTOPILOT_[A-Z_]*[A-Z]\b/g)) {
      assert.ok(variables.has(name), `${page}: there is no option ${name}`);
    }
    for (const [, task] of text.matchAll(/\bdeno (?:@[\d.]+ )?task (\w+)/g)) {
      assert.ok(task in tasks, `${page}: there is no task ${task}`);
    }
    for (const flag of codesOf(text).map((code) => /^--[a-z][a-z-]*/.exec(code)?.[0] ?? "--help")) {
      assert.ok(all_flags.has(flag), `${page}: nothing takes ${flag}`);
    }
    const lines = blocksOf(page, text).filter(({ language }) => language === "sh").flatMap(commandsOf);
    for (const code of [...codesOf(text), ...lines]) {
      const said = /(?:^|\()(?:autopilot|deno task dev)((?: [^\s)]+)*)/.exec(code)?.[1].trim();
      if (said === undefined || said === "") continue;
      const words = said.split(" ");
      const own = words[0].startsWith("-") || words[0] === "<command>";
      const row = commands.get(words.slice(0, 2).join(" ")) ?? commands.get(own ? "serve" : words[0]);
      const group = words.length === 1 &&
        [...commands.keys()].some((name) => name.startsWith(`${words[0]} `));
      assert.ok(row !== undefined || group, `${page}: there is no command in \`${code}\``);
      const command = await row?.load();
      for (const flag of words.filter((word) => /^--\w/.test(word)).map((word) => word.split("=")[0])) {
        const known = command?.options?.some(({ flags }) => flags.split(/[ ,]+/).includes(flag)) ||
          command?.config.some((name) => flagNameOf(name) === flag) || server_flags.has(flag) ||
          ["--help", "--json", "--version", "--config"].includes(flag);
        assert.ok(known, `${page}: nothing takes ${flag} of \`${code}\``);
      }
    }
  }
});

Deno.test("every command of README.md and docs/ does what the page says", async () => {
  const unused = new Set(Object.keys(RECIPES));
  await using world = await makeWorld();
  for (const [page, text] of await pages()) {
    for (const block of blocksOf(page, text)) {
      const where = `${page}:${block.line}`;
      if (block.language !== "sh") {
        await assertRead(block, world, where);
        continue;
      }
      const folder = await world.newFolder();
      for (const command of commandsOf(block)) {
        const recipe = RECIPES[command];
        assert.ok(
          recipe !== undefined,
          `${where}: nobody listed this in tests/readme/recipes.ts: ${command}`,
        );
        unused.delete(command);
        if ("not_run" in recipe || (recipe.real_claude && CLAUDE_BINARY === "")) {
          await assertSyntax(command, where);
        } else {await world.perform(command, recipe, folder).catch((error) => {
            throw new Error(`${where}: ${error.message}`);
          });}
      }
    }
  }
  assert.deepEqual([...unused], [], "recipes for commands that no page has");
});

/** A block that is no command: something reads it as its reader would. */
async function assertRead(block: Block, world: World, where: string): Promise<void> {
  const { page, language, text } = block;
  const other = OTHERS.find((one) =>
    one.page === page && one.language === language && text.startsWith(one.begins)
  );
  if (other !== undefined) {
    const test = await Deno.readTextFile(join(ROOT, other.test));
    assert.ok(test.includes(page), `${where}: ${other.test} does not read ${page}`);
  } else if (language === "") assert.match(text, /[│─]/, `${where}: neither a picture nor a language`);
  else if (language === "json") parseProjectFile(text);
  else if (language === "html") {
    for (const tag of text.trim().split("\n")) {
      const [, src] = TAG.exec(tag) ?? assert.fail(`${where}: no tag of a script: ${tag}`);
      const response = await fetch(world.url + src);
      assert.match(await response.text(), /\S/);
      assert.deepEqual(
        [response.status, response.headers.get("access-control-allow-origin")],
        [200, "*"],
        where,
      );
    }
  } else assert.fail(`${where}: nobody said in tests/readme how a block of ${language} is checked`);
}

async function assertSyntax(command: string, where: string): Promise<void> {
  const { code, stderr } = await run({
    command: "sh",
    args: ["-n", "-c", command],
    env: { PATH: Deno.env.get("PATH") ?? "" },
  });
  assert.equal(code, 0, `${where}: ${stderr}`);
}
