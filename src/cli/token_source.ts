/** Where the commands on tokens work: through a server that AUTOPILOT_URL names, else on the database of this machine. */

import { systemClock } from "../clock.ts";
import type { Scope } from "../domain/credential.ts";
import type { Actor } from "../domain/event.ts";
import type { Token } from "../domain/token.ts";
import { newSecret } from "../store/secrets.ts";
import type { Store } from "../store/store.ts";
import type { CommandContext } from "./command.ts";
import { openDatabase } from "./open_data.ts";

export interface TokenWish {
  name: string;
  scope: Scope;
  origins: string[];
  /** 0: until it is revoked. */
  days: number;
}

export interface TokenSource {
  list(): Promise<Token[]>;
  mint(wish: TokenWish): Promise<Token & { token: string }>;
  revoke(id: string): Promise<Token>;
}

const DAY_MS = 24 * 60 * 60_000;

/** Who can open the database rules the board anyway. */
export function terminalUser(env: Readonly<Record<string, string>>): Actor {
  return { kind: "human", name: env.USER || env.LOGNAME || "terminal" };
}

/** Calls `work` with the source, and closes it afterwards. */
export async function withTokens<T>(
  context: CommandContext,
  work: (source: TokenSource) => Promise<T>,
): Promise<T> {
  const config = await context.config();
  if (config.url !== "") {
    const client = await context.client();
    return await work({
      list: () => client.call<Token[]>("/tokens"),
      mint: (wish) => client.call("/tokens", { json: wish }),
      revoke: (id) => client.call<Token>(`/tokens/${encodeURIComponent(id)}`, { method: "DELETE" }),
    });
  }
  await using store = await openDatabase(config);
  return await work(localTokens(store, terminalUser(context.env)));
}

function localTokens({ tokens }: Store, actor: Actor): TokenSource {
  return {
    list: () => tokens.list(),
    mint: async ({ name, scope, origins, days }) => {
      const { secret, hash } = newSecret(scope);
      const expires_at = days === 0
        ? ""
        : new Date(systemClock.now().getTime() + days * DAY_MS).toISOString();
      const token = await tokens.mint({ kind: "token", name, scope, origins, expires_at }, hash, actor);
      return { ...token, token: secret };
    },
    revoke: (id) => tokens.revoke(id, actor),
  };
}
