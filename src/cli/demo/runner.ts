/** The runner of the demo: the real one, with a script where an agent's process would be. */

import { systemClock } from "../../clock.ts";
import { gitEnv } from "../../process/child_env.ts";
import { openRepository } from "../../process/git.ts";
import type { Sandbox } from "../../process/sandbox.ts";
import type { Runs } from "../../store/store.ts";
import { createRunner, type Runner } from "../../runner/service.ts";
import { runnerOptions, type RunnerParts } from "../start_runner.ts";
import { demoAgent } from "./agent.ts";
import { LABEL, playOf } from "./plays.ts";

/** Nothing is started for the script, so there is nothing to lock in. */
const NO_SANDBOX: Sandbox = {
  kind: "off",
  warnings: [],
  wrap() {
    throw new Error("The demo starts no program for its agent");
  },
};

/** Makes the runner; it claims nothing before its `start()`. */
export async function demoRunner({ config, store, blobs, feed, host_env }: RunnerParts): Promise<Runner> {
  const repository = await openRepository(config.workdir, gitEnv(host_env));
  /** By branch: how many plays of it came to their end. */
  const stages = new Map<string, number>();
  const runner = createRunner({
    store: { ...store, runs: labelled(store.runs) },
    blobs,
    repository,
    sandbox: NO_SANDBOX,
    clock: systemClock,
    random: Math.random,
    onEvents: (listener) => feed.subscribe(listener),
    options: runnerOptions(config, { claude_bin: "", host_env }),
  }, {
    parts: {
      startAgent(request) {
        const { branch } = request.workspace;
        const number = Number(/^autopilot\/(\d+)-/.exec(branch)?.[1] ?? 0);
        const stage = stages.get(branch) ?? 0;
        return Promise.resolve(demoAgent({
          request,
          play: playOf(number, stage, request.prompt),
          onEnd: () => stages.set(branch, stage + 1),
        }));
      },
      login: () => Promise.resolve({ credentials_file: "", warning: "", advice: "" }),
      processes: () => Promise.resolve([]),
    },
  });
  runner.status.demo = true;
  return runner;
}

/** Whatever a run says at its end says what it is. */
function labelled(runs: Runs): Runs {
  return {
    ...runs,
    finish: (run_id, fence, end) =>
      runs.finish(run_id, fence, {
        ...end,
        comments: end.comments.map((comment) => ({ ...comment, body: `${comment.body}\n\n${LABEL}` })),
      }),
  };
}
