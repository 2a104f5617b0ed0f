/** `autopilot version`: what this program is. */

import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const command: Command = {
  config: [],
  examples: [
    { line: "version", meaning: "for people" },
    { line: "version --json", meaning: "for programs" },
  ],
  run({ build, out, json }) {
    const { os, arch } = Deno.build;
    const facts = {
      ...build,
      platform: `${os}-${arch}`,
      deno: Deno.version.deno,
      executable: Deno.build.standalone,
    };
    if (json) out.json(facts);
    else {
      out.line(`Autopilot  ${facts.version}`);
      out.line(`Commit     ${facts.commit || "unknown: the sources run"}`);
      if (facts.built_at !== "") out.line(`Built      ${facts.built_at}`);
      out.line(`Platform   ${facts.platform}`);
      out.line(`Deno       ${facts.deno}${facts.executable ? ", inside" : ""}`);
    }
    return Promise.resolve(EXIT.ok);
  },
};
