/** Tokens: minted, found by hash, used once where they work once, and ended for good. */

import assert from "node:assert/strict";
import { NotFoundError } from "../../src/domain/errors.ts";
import type { NewToken } from "../../src/domain/token.ts";
import { hashOf, newSecret } from "../../src/store/secrets.ts";
import { ANN, BOT, ManualClock, newIssue, runEnd } from "../support/store.ts";
import { rawDatabase } from "./raw_database.ts";
import { type Backend, testOn } from "./backend.ts";

const newToken = (fields: Partial<NewToken> = {}): NewToken => ({
  kind: "token",
  name: "Anna's laptop",
  scope: "member",
  origins: [],
  expires_at: "",
  ...fields,
});
const LATER = "2030-01-01T00:00:00.000Z";
const session = () => ({ hash: newSecret("session").hash, expires_at: LATER });

export function tokenSuite(backend: Backend): void {
  testOn(backend, "tokens.mint() stores no secret, and find() knows it by its hash", async () => {
    await using test = await backend.open();
    const { tokens, events } = test.store;
    const { secret, hash } = newSecret("member");
    const minted = await tokens.mint(newToken({ origins: ["https://a.example"] }), hash, ANN);
    assert.deepEqual(await tokens.find(hashOf(secret)), minted);
    assert.equal(await tokens.find(hashOf(`${secret}x`)), null);
    assert.deepEqual([minted.created_by, minted.origins], ["ann", ["https://a.example"]]);
    assert.deepEqual(await tokens.list(), [minted]);
    const [event] = await events.read(0, 10);
    assert.equal(event.type, "token.minted");
    assert.deepEqual(event.data, {
      token_id: minted.id,
      token_kind: "token",
      name: "Anna's laptop",
      scope: "member",
    });
    const raw = rawDatabase(test.url);
    const rows = await raw.selectFrom("tokens").selectAll().execute();
    await raw.destroy();
    assert.ok(!JSON.stringify(rows).includes(secret.slice(5)));
  });

  testOn(backend, "tokens.redeem() gives one session, however many bring the link at once", async () => {
    await using test = await backend.open();
    const { tokens } = test.store;
    const other = await test.another();
    const { hash } = newSecret("login");
    await tokens.mint(newToken({ kind: "login", scope: "admin", expires_at: LATER }), hash, ANN);
    const results = await Promise.all(
      Array.from(
        { length: 10 },
        (_, index) => (index % 2 === 0 ? tokens : other.tokens).redeem(hash, session()),
      ),
    );
    const begun = results.filter((token) => token !== null);
    assert.equal(begun.length, 1);
    assert.deepEqual([begun[0].kind, begun[0].scope, begun[0].expires_at], ["session", "admin", LATER]);
    assert.equal(await tokens.find(hash), null);
    const types = (await test.store.events.read(0, 10)).map((event) => [event.type, event.actor.credential]);
    assert.deepEqual(types, [["token.minted", undefined], ["session.started", begun[0].id]]);
  });

  testOn(backend, "tokens.redeem() refuses links that are old, withdrawn or no links", async () => {
    const clock = new ManualClock();
    await using test = await backend.open({ clock });
    const { tokens } = test.store;
    const minted = async (fields: Partial<NewToken>, actor = ANN) => {
      const { hash } = newSecret("login");
      await tokens.mint(newToken({ kind: "login", expires_at: LATER, ...fields }), hash, actor);
      return hash;
    };
    const old = await minted({ expires_at: "2026-01-01T00:00:01.000Z" });
    const own = await minted({}, { kind: "system", name: "autopilot" });
    const of_ann = await minted({});
    const token = await minted({ kind: "token" });
    clock.advance(1_000);
    await tokens.withdrawLinks({ kind: "system", name: "autopilot" });
    assert.equal(await tokens.redeem(old, session()), null);
    assert.equal(await tokens.redeem(own, session()), null);
    assert.equal(await tokens.redeem(token, session()), null);
    assert.notEqual(await tokens.redeem(of_ann, session()), null);
  });

  testOn(backend, "tokens.revoke() ends the sessions that were got for it", async () => {
    await using test = await backend.open();
    const { tokens, events } = test.store;
    const other = await test.another();
    const { hash } = newSecret("admin");
    const minted = await tokens.mint(
      newToken({ scope: "admin", expires_at: "2029-01-01T00:00:00.000Z" }),
      hash,
      ANN,
    );
    const start = session();
    const begun = await tokens.startSession(minted.id, start);
    assert.deepEqual([begun?.parent_id, begun?.expires_at], [minted.id, "2029-01-01T00:00:00.000Z"]);
    // Sessions that begin at the moment of the revocation don't outlive it either.
    const racing = Array.from({ length: 8 }, session);
    const [, ...raced] = await Promise.all([
      other.tokens.revoke(minted.id, ANN),
      ...racing.map((one) => tokens.startSession(minted.id, one)),
    ]);
    for (const one of [{ hash }, start, ...racing]) assert.equal(await tokens.find(one.hash), null);
    const last = await events.lastSeq();
    assert.notEqual((await tokens.revoke(minted.id, ANN)).revoked_at, "");
    assert.equal(await events.lastSeq(), last);
    assert.equal(await tokens.startSession(minted.id, session()), null);
    const log = await events.read(0, 100);
    const ended = log.filter((event) => event.type === "token.revoked").map((event) => event.data.token_id);
    const expected = [minted, begun, ...raced].filter((token) => token !== null).map((token) => token?.id);
    assert.deepEqual(ended.sort(), expected.sort());
    await assert.rejects(tokens.revoke("nobody", ANN), NotFoundError);
  });

  testOn(backend, "runs.claim() makes the agent's token, valid until the run has ended", async () => {
    await using test = await backend.open();
    const { tokens, runs, issues } = test.store;
    await issues.create(newIssue(), ANN);
    const { hash } = newSecret("agent");
    const claim = await runs.claim({ ...BOT, token_hash: hash });
    assert.ok(claim);
    const found = await tokens.find(hash);
    assert.deepEqual([found?.id, found?.kind, found?.scope, found?.issue_id, found?.run_id, found?.name], [
      claim.run.id,
      "run",
      "agent",
      claim.issue.id,
      claim.run.id,
      "bot",
    ]);
    assert.deepEqual(await tokens.list(), []);
    await assert.rejects(tokens.revoke(claim.run.id, ANN), NotFoundError);
    await runs.finish(claim.run.id, claim.lease.fence, runEnd());
    assert.equal(await tokens.find(hash), null);
  });

  testOn(backend, "tokens.adminExists() is true from the first login on, and for good", async () => {
    await using test = await backend.open();
    const { tokens } = test.store;
    const { hash } = newSecret("login");
    await tokens.mint(newToken({ kind: "login", scope: "admin", expires_at: LATER }), hash, ANN);
    await tokens.mint(newToken(), newSecret("member").hash, ANN);
    assert.equal(await tokens.adminExists(), false);
    const begun = await tokens.redeem(hash, session());
    assert.equal(await tokens.adminExists(), true);
    await tokens.revoke(begun!.id, ANN);
    assert.equal(await tokens.adminExists(), true);
  });

  testOn(backend, "events keep the credential of what was done", async () => {
    await using test = await backend.open();
    const { issues, events } = test.store;
    await issues.create(newIssue(), { ...ANN, credential: "t1" });
    await issues.create(newIssue(), ANN);
    const actors = (await events.read(0, 10)).map((event) => event.actor);
    assert.deepEqual(actors, [{ ...ANN, credential: "t1" }, ANN]);
  });
}
