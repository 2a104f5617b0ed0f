/** Making a login link, for the first start and for `autopilot login-link`. */

import { LOGIN_PATH } from "../api/access/access.ts";
import { systemClock } from "../clock.ts";
import type { Actor } from "../domain/event.ts";
import type { NewToken } from "../domain/token.ts";
import { newSecret } from "../store/secrets.ts";
import type { Store } from "../store/store.ts";

export interface LoginLink {
  url: string;
  /** ISO-8601 UTC. */
  expires_at: string;
}

/** Makes a link that logs one browser in, once. */
export async function makeLoginLink(
  store: Store,
  { base, name, scope, hours, actor }: {
    /** Where the board is reached, without a path. */
    base: string;
    name: string;
    scope: NewToken["scope"];
    hours: number;
    actor: Actor;
  },
): Promise<LoginLink> {
  const { secret, hash } = newSecret("login");
  const expires_at = new Date(systemClock.now().getTime() + hours * 3_600_000).toISOString();
  await store.tokens.mint({ kind: "login", name, scope, origins: [], expires_at }, hash, actor);
  return { url: `${base}${LOGIN_PATH}?token=${secret}`, expires_at };
}
