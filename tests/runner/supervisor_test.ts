import assert from "node:assert/strict";
import { FencedError } from "../../src/domain/errors.ts";
import { HEARTBEAT_MS } from "../../src/domain/run.ts";
import { type Limits, Supervisor } from "../../src/runner/supervisor.ts";
import { FakeTime } from "./fake_time.ts";

type Beat = { stop_requested_by: string } | Error;

function setup(beats: (n: number) => Beat = () => ({ stop_requested_by: "" }), limits: Partial<Limits> = {}) {
  const time = new FakeTime();
  const ended: string[] = [];
  let count = 0;
  const supervisor = new Supervisor({
    run_id: "r1",
    clock: time,
    timers: time,
    limits: { run_timeout_ms: 0, silence_timeout_ms: 0, ...limits },
    heartbeat: () => {
      const beat = beats(++count);
      return beat instanceof Error ? Promise.reject(beat) : Promise.resolve(beat);
    },
  });
  const agent = {
    pid: 1,
    stop: () => {
      ended.push("stop");
      return Promise.resolve();
    },
    kill: () => void ended.push("kill"),
  };
  return { time, supervisor, agent, ended, beats: () => count };
}
/** The heartbeat that is due, to its end. */
async function pass(time: FakeTime, supervisor: Supervisor): Promise<void> {
  time.advance(HEARTBEAT_MS);
  await supervisor.beat();
  await supervisor.beat();
}

Deno.test("Supervisor beats on its own timer, and no more after close()", async () => {
  const { time, supervisor, beats } = setup();
  await pass(time, supervisor);
  const before = beats();
  assert.ok(before >= 1);
  await pass(time, supervisor);
  assert.ok(beats() > before);
  await supervisor.close();
  assert.deepEqual(time.pending, []);
  const last = beats();
  time.advance(10 * HEARTBEAT_MS);
  await supervisor.beat();
  assert.equal(beats(), last);
});

Deno.test("Supervisor ends the agent when the heartbeat tells of a stop", async () => {
  const { supervisor, agent, ended } = setup(() => ({ stop_requested_by: "anna" }));
  supervisor.attach(agent);
  await supervisor.beat();
  assert.equal(supervisor.cause, "stopped");
  assert.deepEqual(ended, ["stop"]);
  await supervisor.close();
});

Deno.test("Supervisor looks again when it is woken while a heartbeat is under way", async () => {
  // The first answer was read before the request was written.
  const { supervisor } = setup((n) => ({ stop_requested_by: n === 1 ? "" : "anna" }));
  const first = supervisor.beat();
  void supervisor.beat();
  await first;
  assert.equal(supervisor.cause, "stopped");
  await supervisor.close();
});

Deno.test("Supervisor: the first cause wins, and an agent that starts late is ended at once", async () => {
  const { supervisor, agent, ended } = setup();
  supervisor.end("shutdown");
  supervisor.end("stopped");
  assert.equal(supervisor.cause, "shutdown");
  supervisor.attach(agent);
  assert.deepEqual(ended, ["stop"]);
  await supervisor.close();
});

Deno.test("Supervisor kills the agent of a run that somebody else holds", async () => {
  const { supervisor, agent, ended } = setup(() => new FencedError("r1"));
  supervisor.attach(agent);
  await supervisor.beat();
  assert.equal(supervisor.fenced, true);
  assert.equal(supervisor.cause, "fenced");
  assert.deepEqual(ended, ["kill"]);
  await supervisor.close();
});

Deno.test("Supervisor outlasts a database that is away for a moment, not one that is away as long as the lease", async () => {
  const { time, supervisor, agent, ended } = setup((n) =>
    n <= 2 ? new Error("busy") : { stop_requested_by: "" }
  );
  supervisor.attach(agent);
  await supervisor.beat();
  await supervisor.beat();
  await supervisor.beat();
  assert.deepEqual([supervisor.fenced, ended], [false, []]);
  await supervisor.close();

  const dead = setup(() => new Error("gone"));
  dead.supervisor.attach(dead.agent);
  for (let n = 0; n < 4; n++) await pass(dead.time, dead.supervisor);
  assert.equal(dead.supervisor.fenced, false);
  for (let n = 0; n < 2; n++) await pass(dead.time, dead.supervisor);
  assert.equal(dead.supervisor.fenced, true);
  assert.deepEqual(dead.ended, ["kill"]);
  await dead.supervisor.close();
  assert.ok(time.pending.length === 0);
});

Deno.test("Supervisor counts silence from the last sign, not from the start", async () => {
  const { time, supervisor } = setup(undefined, { silence_timeout_ms: 60_000 });
  supervisor.startLimits();
  for (let n = 0; n < 5; n++) {
    time.advance(50_000);
    supervisor.sign({ type: "log", body: { type: "text", text: "x" } });
  }
  assert.equal(supervisor.cause, "");
  time.advance(60_000);
  assert.equal(supervisor.cause, "stalled");
  await supervisor.close();
});

Deno.test("Supervisor has no limits before startLimits() and after stopLimits()", async () => {
  const { time, supervisor } = setup(undefined, { silence_timeout_ms: 1_000, run_timeout_ms: 1_000 });
  time.advance(10_000);
  supervisor.startLimits();
  supervisor.stopLimits();
  time.advance(10_000);
  assert.equal(supervisor.cause, "");
  await supervisor.close();
});
