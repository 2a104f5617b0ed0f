import assert from "node:assert/strict";
import { wrapUpMessage } from "../../src/domain/prompt.ts";
import { agentBench, tell } from "../support/agent.ts";
import { realClaude } from "../support/claude_binary.ts";
import { conversation, say, use } from "../support/messages_api.ts";

const DEAR = { input_tokens: 50_000, output_tokens: 1000 };

Deno.test({
  ...realClaude("askCost() has the real Claude Code tell its cost while it works; every answer is one round"),
  async fn() {
    await using t = await agentBench([
      { ...use(["Bash", { command: "true" }], ["Bash", { command: "echo 2" }]), usage: DEAR },
      { ...use(["Bash", { command: "echo 3" }]), usage: DEAR },
      say("Done."),
    ]);
    const agent = t.start("Go");
    const story = await tell(agent, (event) => {
      if (event.type === "round") void agent.askCost();
    });
    const costs = story.events.flatMap((event) => event.type === "cost" ? [event.session_cost_usd] : []);
    assert.equal(story.events.filter(({ type }) => type === "round").length, 3);
    assert.equal(t.api.requests.length, 3);
    assert.ok(costs.length >= 2 && costs[0] > 0 && costs[1] > costs[0], String(costs));
    assert.ok(costs[1] <= story.result!.session_cost_usd + 0.0001);
    assert.equal(story.result?.ok, true);
  },
});

Deno.test({
  ...realClaude("the real Claude Code hears the word to wrap up at its next step, and stops at the limits"),
  async fn() {
    const gate = Promise.withResolvers<void>();
    await using t = await agentBench([
      { ...use(["Bash", { command: "echo 1" }]), usage: DEAR },
      { ...use(["Bash", { command: "echo 2" }]), usage: DEAR, wait: gate.promise },
      say("Wrapped up."),
    ]);
    const agent = t.start("Go", { max_turns: 3, max_budget_usd: 5 });
    const story = await tell(agent, (event) => {
      if (event.type !== "log" || event.body.type !== "tool_result" || event.body.text !== "1") return;
      void agent.send(wrapUpMessage("cost")).then(gate.resolve);
    });
    assert.equal(story.result?.text, "Wrapped up.");
    assert.match(JSON.stringify(conversation(t.api.requests[2])), /about 80 % of the money/);

    await using dear = await agentBench((_request, n) => ({
      ...use(["Bash", { command: `echo ${n}` }]),
      usage: DEAR,
    }));
    const limited = await tell(dear.start("Go", { max_budget_usd: 0.3 }));
    assert.equal(limited.result?.subtype, "error_max_budget_usd");
    assert.equal(dear.api.requests.length, 2);
    await using long = await agentBench((_request, n) => use(["Bash", { command: `echo ${n}` }]));
    const turns = await tell(long.start("Go", { max_turns: 2 }));
    assert.equal(turns.result?.subtype, "error_max_turns");
    assert.equal(turns.events.filter(({ type }) => type === "round").length, 2);
  },
});
