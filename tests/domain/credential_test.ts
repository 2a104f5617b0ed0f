import assert from "node:assert/strict";
import {
  actorOf,
  type Credential,
  may,
  mayCommentOn,
  OPEN_OPERATOR,
  PERMISSIONS,
  type Scope,
  SCOPES,
  trustOf,
} from "../../src/domain/credential.ts";

const credential = (scope: Scope, more: Partial<Credential> = {}): Credential => ({
  ...OPEN_OPERATOR,
  id: "t1",
  name: "Anna",
  scope,
  via: "token",
  ...more,
});

Deno.test("may() gives each scope exactly what it is for", () => {
  const granted = Object.fromEntries(
    SCOPES.map((scope) => [scope, PERMISSIONS.filter((wish) => may(credential(scope), wish)).join(" ")]),
  );
  assert.deepEqual(granted, {
    admin: "glance read file comment work attach edit decide report watch administer",
    member: "glance read file comment work attach edit decide report watch",
    agent: "glance read file comment work watch",
    read: "glance read watch",
    feedback: "report watch",
  });
});

Deno.test("actorOf() lets nobody but an admin act under another name, and no agent be a human", () => {
  const names = SCOPES.map((scope) => {
    const { kind, name, credential: id } = actorOf(credential(scope), "Bob", "human");
    return `${scope}: ${kind} ${name} ${id}`;
  });
  assert.deepEqual(names, [
    "admin: human Bob t1",
    "member: human Anna t1",
    "agent: agent Anna t1",
    "read: external Bob t1",
    "feedback: external Bob t1",
  ]);
  assert.deepEqual(actorOf(OPEN_OPERATOR), { kind: "human", name: "human", credential: "" });
  assert.equal(actorOf(credential("admin"), "Bob", "agent").kind, "agent");
});

Deno.test("trustOf() follows the credential, not the request", () => {
  const trusts = SCOPES.map((scope) =>
    trustOf(credential(scope), actorOf(credential(scope), "Bob", "human"))
  );
  assert.deepEqual(trusts, ["operator", "member", "agent", "external", "external"]);
  const said_agent = actorOf(OPEN_OPERATOR, "Bob", "agent");
  assert.equal(trustOf(OPEN_OPERATOR, said_agent), "agent");
});

Deno.test("mayCommentOn() binds a run's token to its issue", () => {
  const run = credential("agent", { via: "run", issue_id: "i1" });
  assert.equal(mayCommentOn(run, "i1"), true);
  assert.equal(mayCommentOn(run, "i2"), false);
  assert.equal(mayCommentOn(credential("agent"), "i2"), true);
  assert.equal(mayCommentOn(credential("read"), "i1"), false);
});
