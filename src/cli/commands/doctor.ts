/** `autopilot doctor`: what is missing or wrong here, and what mends it. Nothing is changed. */

import { type Config, type OptionName, SERVER_OPTIONS } from "../../config.ts";
import type { Repository } from "../../process/git.ts";
import type { Command, CommandContext } from "../command.ts";
import { checkAgents } from "../doctor/agents.ts";
import { checkDatabase } from "../doctor/database.ts";
import { Deadline, type Finding, type Level } from "../doctor/finding.ts";
import { checkGithub } from "../doctor/github.ts";
import { checkData, checkPort } from "../doctor/machine.ts";
import { checkRepository, checkState } from "../doctor/repository.ts";
import { EXIT } from "../exit.ts";
import { type Style, styled } from "../printer.ts";

const NOT_HERE: readonly OptionName[] = ["failpoint"];

export const command: Command = {
  options: [
    { flags: "--thorough", meaning: "Look through a large SQLite file too, however long that takes" },
  ],
  config: SERVER_OPTIONS.filter((name) => !NOT_HERE.includes(name)),
  examples: [
    { line: "doctor --runner --workdir ~/code/project", meaning: "would agents work for this project?" },
    { line: "doctor --push --json", meaning: "for programs; also whether the result could be pushed" },
  ],
  notes:
    "Takes five seconds at most and changes nothing. GitHub is asked only with --push. Exit code 1: something\n" +
    "that these options ask for can't work.",
  async run(context, { options }) {
    const config = await context.config();
    const findings = await examine(context, config, options.thorough === true);
    const errors = findings.filter(({ level }) => level === "error").length;
    if (context.json) {
      context.out.json({ ok: errors === 0, version: context.build.version, findings });
    } else print(context, findings);
    return errors === 0 ? EXIT.ok : EXIT.failed;
  },
};

async function examine(context: CommandContext, config: Config, thorough: boolean): Promise<Finding[]> {
  const { build } = context;
  const env = { ...context.env };
  const deadline = new Deadline();
  const opened = Promise.withResolvers<Repository | null>();
  const groups = await Promise.all([
    deadline.within("agents", (add) => checkAgents({ config, env, deadline, add })),
    deadline.within("repository", async (add) => {
      try {
        const repository = await checkRepository({ config, env, deadline, add });
        opened.resolve(repository);
        if (repository !== null) await checkState({ config, env, deadline, add }, repository);
      } finally {
        // After a failure there is none; a promise that is kept already stays so.
        opened.resolve(null);
      }
    }),
    deadline.within("gh", async (add) => {
      await checkGithub({ config, env, repository: await opened.promise, deadline, add });
    }),
    deadline.within("machine", async (add) => {
      add(await checkPort(config));
      add(...await checkData(config));
    }),
    // Last: SQLite's work is done in one go, and nothing else would start meanwhile.
    deadline.within("database", async (add) => {
      await new Promise((resolve) => setTimeout(resolve));
      add(...await checkDatabase({ config, build, deadline, thorough }));
    }),
  ]);
  return groups.flat();
}

const MARKS: Readonly<Record<Level, [mark: string, style: Style]>> = {
  ok: ["ok     ", "green"],
  note: ["note   ", "cyan"],
  warning: ["warning", "yellow"],
  error: ["error  ", "red"],
};

function print({ out, err }: CommandContext, findings: readonly Finding[]): void {
  for (const { level, check, found, mend } of findings) {
    const [mark, style] = MARKS[level];
    out.line(styled(style, mark), `  ${check.padEnd(13)}  ${found}`);
    if (mend !== "") out.line(styled("dim", `${" ".repeat(24)}→ ${mend}`));
  }
  const count = (level: Level) => findings.filter((one) => one.level === level).length;
  const errors = count("error");
  err.line(
    errors === 0
      ? `Nothing stands in the way (${count("warning")} warnings, ${count("note")} notes)`
      : `${errors} of ${findings.length} checks failed`,
  );
}
