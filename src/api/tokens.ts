/** Tokens: who may use the board. For admins only. */

import { createRoute, z } from "@hono/zod-openapi";
import { actorOf } from "../domain/credential.ts";
import { canLogIn, originsProblem } from "../domain/token.ts";
import { jsonBody, MAX_JSON_BYTES, noBody } from "./body.ts";
import type { RouteDeps } from "./env.ts";
import { ApiError } from "./errors.ts";
import { NewLoginLinkSchema, NewTokenSchema, RefSchema } from "./input.ts";
import { answer, fails, newRouter, takes } from "./router.ts";
import { LoginLinkSchema, MintedTokenSchema, TokenSchema } from "./wire.ts";
import { LOGIN_PATH } from "./access/access.ts";

/** How long a login link works. */
const LINK_MS = 60 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

export function tokenRoutes({ store, clock, auth, options }: RouteDeps) {
  const { base_path: base = "" } = options;
  const list = createRoute({
    method: "get",
    path: "/tokens",
    summary: "Tokens, sessions and login links, oldest first; those of agents live and end with their runs",
    responses: { 200: answer(z.array(TokenSchema), "The tokens"), ...fails(403) },
  });
  const mint = createRoute({
    method: "post",
    path: "/tokens",
    summary: "Mint a token; the answer holds it, and nothing else ever does",
    middleware: jsonBody(MAX_JSON_BYTES),
    request: { body: takes(NewTokenSchema) },
    responses: { 201: answer(MintedTokenSchema, "Minted"), ...fails(400, 403, 413, 415, 422) },
  });
  const revoke = createRoute({
    method: "delete",
    path: "/tokens/{id}",
    summary: "Revoke a token, a session or a login link; its sessions and sockets end at once",
    middleware: noBody(),
    request: { params: RefSchema },
    responses: { 200: answer(TokenSchema, "Revoked"), ...fails(403, 404, 413, 415) },
  });
  const link = createRoute({
    method: "post",
    path: "/login-links",
    summary: "Make a link that logs one browser in, once, within the hour",
    middleware: jsonBody(MAX_JSON_BYTES),
    request: { body: takes(NewLoginLinkSchema) },
    responses: { 201: answer(LoginLinkSchema, "The link"), ...fails(400, 403, 413, 415, 422) },
  });
  const later = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();

  return newRouter()
    .openapi(list, async (c) => c.json(await store.tokens.list(), 200))
    .openapi(mint, async (c) => {
      const { name, scope, origins, days } = c.req.valid("json");
      const problem = originsProblem(scope, origins);
      if (problem !== null) {
        throw new ApiError("invalid", problem, { details: [{ field: "origins", message: problem }] });
      }
      const { secret, hash } = await newSecret(scope);
      const input = {
        kind: "token",
        name,
        scope,
        origins,
        expires_at: days === 0 ? "" : later(days * DAY_MS),
      } as const;
      const minted = await store.tokens.mint(input, hash, actorOf(c.get("credential")));
      return c.json({ ...minted, token: secret }, 201);
    })
    .openapi(revoke, async (c) => {
      const token = await store.tokens.revoke(c.req.valid("param").id, actorOf(c.get("credential")));
      auth.forget(token.id);
      return c.json(token, 200);
    })
    .openapi(link, async (c) => {
      const { name, scope } = c.req.valid("json");
      if (!canLogIn(scope)) throw new ApiError("invalid", `Nobody logs in with scope ${scope}`);
      const { secret, hash } = await newSecret("login");
      const input = { kind: "login", name, scope, origins: [], expires_at: later(LINK_MS) } as const;
      const { id, expires_at } = await store.tokens.mint(input, hash, actorOf(c.get("credential")));
      const url = new URL(`${base}${LOGIN_PATH}?token=${secret}`, c.req.url);
      if (c.env.secure) url.protocol = "https:";
      return c.json({ id, url: url.href, expires_at }, 201);
    });
}

async function newSecret(purpose: Parameters<typeof import("../store/secrets.ts").newSecret>[0]) {
  const secrets = await import("../store/secrets.ts");
  return secrets.newSecret(purpose);
}
