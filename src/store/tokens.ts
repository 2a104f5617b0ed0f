/** Tokens in the database. */

import type { Insertable } from "kysely";
import { NotFoundError } from "../domain/errors.ts";
import { type Actor, SYSTEM } from "../domain/event.ts";
import type { NewToken, Token } from "../domain/token.ts";
import type { Database, Tx } from "./database.ts";
import { insertedRow, insertQuery } from "./kept.ts";
import type { TokenRow, TokenTable } from "./schema.ts";
import type { SessionStart, Tokens } from "./store.ts";
import { storable, storableFields } from "./text.ts";

/** Sessions and links that ended so long ago are removed, in milliseconds. */
const KEEP_ENDED_MS = 30 * 24 * 60 * 60 * 1000;

export function tokensIn(database: Database): Tokens {
  return {
    mint: (input, hash, actor) => database.write((tx) => mint(tx, storableFields(input), hash, actor)),
    find: (hash) => find(database, hash),
    redeem: (hash, session) => database.write((tx) => redeem(tx, hash, session)),
    startSession: (parent_id, session) => database.write((tx) => startSession(tx, parent_id, session)),
    revoke: (id, actor) => database.write((tx) => revoke(tx, storable(id), actor)),
    withdrawLinks: (actor) => database.write((tx) => withdrawLinks(tx, actor)),
    list: async () => {
      const rows = await database.read.selectFrom("tokens").selectAll().where("kind", "!=", "run")
        .orderBy("created_at").orderBy("id").execute();
      return rows.map(tokenOf);
    },
    adminExists: async () => {
      const row = await database.read.selectFrom("tokens").select("id").where("scope", "=", "admin")
        .where("kind", "in", ["token", "session"]).limit(1).executeTakeFirst();
      return row !== undefined;
    },
    used: (id) => database.write((tx) => used(tx, id)),
  };
}

export function tokenOf(row: TokenRow): Token {
  const { hash: _hash, origins, ...token } = row;
  return { ...token, origins: JSON.parse(origins) };
}

async function insert(tx: Tx, fields: Omit<Insertable<TokenTable>, "created_at">): Promise<Token> {
  return tokenOf(await insertedRow(tx, "tokens", { ...fields, created_at: tx.now }));
}

async function mint(tx: Tx, input: NewToken, hash: string, actor: Actor): Promise<Token> {
  const token = await insert(tx, {
    ...input,
    id: tx.newId(),
    hash,
    origins: JSON.stringify(input.origins),
    created_by: storable(actor.name),
  });
  tell(tx, "token.minted", token, actor);
  return token;
}

function tell(
  tx: Tx,
  type: "token.minted" | "token.revoked" | "session.started",
  { id, kind, name, scope, parent_id }: Token,
  actor: Actor,
): void {
  const data = { token_id: id, token_kind: kind, name, scope, ...(parent_id === "" ? {} : { parent_id }) };
  tx.emit({ type, issue_id: "", run_id: "", actor, data });
}

async function find({ read }: Database, hash: string): Promise<Token | null> {
  const row = await read.selectFrom("tokens").selectAll().where("hash", "=", hash).executeTakeFirst();
  if (row === undefined || row.revoked_at !== "") return null;
  if (row.run_id !== "") {
    const run = await read.selectFrom("runs").select("id").where("id", "=", row.run_id)
      .where("finished_at", "=", "").executeTakeFirst();
    if (run === undefined) return null;
  }
  return tokenOf(row);
}

/** Compare-and-set: of two who bring the same link only one finds it unused. */
async function redeem(tx: Tx, hash: string, session: SessionStart): Promise<Token | null> {
  const link = await tx.db.updateTable("tokens").set({ revoked_at: tx.now, last_used_at: tx.now })
    .where("hash", "=", hash).where("kind", "=", "login").where("revoked_at", "=", "")
    .where("expires_at", ">", tx.now).returningAll().executeTakeFirst();
  if (link === undefined) return null;
  return await begin(tx, link, session, "");
}

async function startSession(tx: Tx, parent_id: string, session: SessionStart): Promise<Token | null> {
  const query = tx.db.selectFrom("tokens").selectAll()
    .where("id", "=", parent_id).where("kind", "=", "token").where("revoked_at", "=", "");
  // Locked, so that a revocation at this moment either comes first or finds the session.
  const parent = await (tx.kind === "postgres" ? query.forUpdate() : query).executeTakeFirst();
  return parent === undefined ? null : await begin(tx, parent, session, parent.id);
}

async function begin(
  tx: Tx,
  from: TokenRow,
  session: SessionStart,
  parent_id: string,
): Promise<Token> {
  await removeEnded(tx);
  const token = await insert(tx, {
    id: tx.newId(),
    hash: session.hash,
    kind: "session",
    name: from.name,
    scope: from.scope,
    parent_id,
    created_by: from.name,
    // A session does not outlive the token that it was got for.
    expires_at: parent_id !== "" && from.expires_at !== "" && from.expires_at < session.expires_at
      ? from.expires_at
      : session.expires_at,
    last_used_at: tx.now,
  });
  tell(tx, "session.started", token, { kind: "human", name: from.name, credential: token.id });
  return token;
}

async function removeEnded(tx: Tx): Promise<void> {
  const before = new Date(Date.parse(tx.now) - KEEP_ENDED_MS).toISOString();
  await tx.db.deleteFrom("tokens").where("kind", "in", ["session", "login"])
    .where((eb) =>
      eb.or([
        eb.and([eb("expires_at", "!=", ""), eb("expires_at", "<", before)]),
        eb.and([eb("revoked_at", "!=", ""), eb("revoked_at", "<", before)]),
      ])
    ).execute();
}

/** Its sessions end with it. Revoking again changes nothing. */
async function revoke(tx: Tx, id: string, actor: Actor): Promise<Token> {
  const ended = { revoked_at: tx.now };
  const own = await tx.db.updateTable("tokens").set(ended).where("id", "=", id)
    .where("kind", "!=", "run").where("revoked_at", "=", "").returningAll().execute();
  // A statement of its own: where the first one had to wait for a session that was just begun, this one sees it.
  const sessions = await tx.db.updateTable("tokens").set(ended).where("parent_id", "=", id)
    .where("revoked_at", "=", "").returningAll().execute();
  for (const row of [...own, ...sessions]) tell(tx, "token.revoked", tokenOf(row), actor);
  const row = own[0] ?? await tx.db.selectFrom("tokens").selectAll().where("id", "=", id)
    .where("kind", "!=", "run").executeTakeFirst();
  if (row === undefined) throw new NotFoundError("token", id);
  return tokenOf(row);
}

async function withdrawLinks(tx: Tx, actor: Actor = SYSTEM): Promise<void> {
  const rows = await tx.db.updateTable("tokens").set({ revoked_at: tx.now })
    .where("kind", "=", "login").where("revoked_at", "=", "").where("created_by", "=", SYSTEM.name)
    .returningAll().execute();
  for (const row of rows) tell(tx, "token.revoked", tokenOf(row), actor);
}

async function used(tx: Tx, id: string): Promise<void> {
  await tx.db.updateTable("tokens").set({ last_used_at: tx.now }).where("id", "=", id).execute();
}

/** The token of a run's agent, in the commit of the claim; its id is the run's. It ends with the run. */
export function insertRunToken(
  tx: Tx,
  run: { id: string; issue_id: string; agent_id: string },
  hash: string,
): void {
  tx.later(insertQuery(tx, "tokens", [{
    id: run.id,
    hash,
    kind: "run",
    name: run.agent_id,
    scope: "agent",
    issue_id: run.issue_id,
    run_id: run.id,
    created_by: SYSTEM.name,
    created_at: tx.now,
  }]));
}

export async function removeRunToken(tx: Tx, run_id: string): Promise<void> {
  await tx.db.deleteFrom("tokens").where("id", "=", run_id).where("kind", "=", "run").execute();
}
