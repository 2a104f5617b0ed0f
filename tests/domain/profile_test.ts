import assert from "node:assert/strict";
import fc from "fast-check";
import { hasExternalText, profileOf, type ProfileOptions } from "../../src/domain/profile.ts";
import type { ProjectFile } from "../../src/domain/project_file.ts";

const NONE: ProfileOptions = {
  setup: "",
  check: "",
  check_rounds: 2,
  model: "",
  max_turns: 0,
  max_usd_per_run: 0,
  run_timeout_s: 0,
  silence_timeout_s: 0,
};
const HOME = { sandboxed: true, external: false };
const FILE: ProjectFile = {
  setup: "make deps",
  check: "make test",
  check_rounds: 1,
  copy: [".env.test"],
  limits: { run_minutes: 30, silence_minutes: 5, max_turns: 50, max_usd_per_run: 3 },
  model: "opus",
  allowed_tools: ["Read"],
  extra_prompt: "Mind the gap",
};

Deno.test("profileOf() takes the file where the options say nothing", () => {
  assert.deepEqual(profileOf(NONE, FILE, HOME), {
    setup: "make deps",
    check: "make test",
    check_rounds: 1,
    copy: [".env.test"],
    model: "opus",
    allowed_tools: ["Read"],
    denied_tools: [],
    extra_prompt: "Mind the gap",
    max_turns: 50,
    max_usd: 3,
    run_timeout_ms: 1_800_000,
    silence_timeout_ms: 300_000,
    notes: [],
  });
});

Deno.test("profileOf() lets options that are set win over commands and model of the file", () => {
  const options = { ...NONE, setup: "a", check: "b", model: "c" };
  const { setup, check, model } = profileOf(options, FILE, HOME);
  assert.deepEqual([setup, check, model], ["a", "b", "c"]);
});

Deno.test("profileOf() runs no command of the file without a sandbox, and says so; the operator's it runs", () => {
  const bare = profileOf(NONE, FILE, { ...HOME, sandboxed: false });
  assert.deepEqual([bare.setup, bare.check], ["", ""]);
  assert.match(bare.notes.join("\n"), /"setup" .*AUTOPILOT_SETUP.*\n"check" .*AUTOPILOT_CHECK/);
  const own = profileOf({ ...NONE, check: "mine" }, FILE, { ...HOME, sandboxed: false });
  assert.equal(own.check, "mine");
  assert.doesNotMatch(own.notes.join("\n"), /"check"/);
});

Deno.test("S14 profileOf() brings no file of the user to a run on texts of strangers, and says so", () => {
  const { copy, notes } = profileOf(NONE, FILE, { ...HOME, external: true });
  assert.deepEqual(copy, []);
  assert.match(notes.join(), /"copy"/);
});

Deno.test("profileOf() only ever tightens what the operator allows", () => {
  const limit = fc.oneof(fc.constant(0), fc.double({ min: 0.05, max: 10_000, noNaN: true }));
  const asked = fc.option(fc.double({ min: 0.05, max: 10_000, noNaN: true }), { nil: undefined });
  const rounds = fc.integer({ min: 0, max: 10 });
  fc.assert(fc.property(limit, asked, rounds, fc.option(rounds, { nil: undefined }), (mine, its, a, b) => {
    const options = {
      ...NONE,
      check_rounds: a,
      max_turns: mine,
      max_usd_per_run: mine,
      run_timeout_s: mine * 60,
      silence_timeout_s: mine * 60,
    };
    const limits = { max_turns: its, max_usd_per_run: its, run_minutes: its, silence_minutes: its };
    const profile = profileOf(options, { limits, check_rounds: b }, HOME);
    assert.ok(profile.check_rounds <= a);
    const pairs: [number, number][] = [
      [profile.max_turns, mine],
      [profile.max_usd, mine],
      [profile.run_timeout_ms, mine * 60_000],
      [profile.silence_timeout_ms, mine * 60_000],
    ];
    for (const [got, allowed] of pairs) {
      if (allowed === 0) assert.equal(got > 0, its !== undefined);
      else assert.ok(got > 0 && got <= allowed * 1.000001, `${got} of ${allowed}`);
    }
  }));
});

Deno.test("S14 hasExternalText() finds it in the issue and in any comment", () => {
  assert.equal(hasExternalText({ trust: "member" }, [{ trust: "agent" }, { trust: "operator" }]), false);
  assert.equal(hasExternalText({ trust: "external" }, []), true);
  assert.equal(hasExternalText({ trust: "agent" }, []), true);
  assert.equal(hasExternalText({ trust: "member" }, [{ trust: "member" }, { trust: "external" }]), true);
});
