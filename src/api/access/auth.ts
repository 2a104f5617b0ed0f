/**
 * Authentication: from the secret in a request to its credential. The secret is looked up by its SHA-256; what was
 * found is kept for a second at most, and not at all once a revocation was heard of, so that one of another process
 * counts within a second, whatever becomes of the event log.
 */

import type { Clock } from "../../clock.ts";
import type { Credential } from "../../domain/credential.ts";
import { messageOfError } from "../../domain/errors.ts";
import type { Event } from "../../domain/event.ts";
import { credentialOf, SECRET_FORM, type Token } from "../../domain/token.ts";
import type { Feed } from "../../events/feed.ts";
import { loggerOf } from "../../log.ts";
import type { Tokens } from "../../store/store.ts";

/** How long a token that was found valid counts as valid, in milliseconds. */
const KEEP_MS = 1_000;
const MAX_KEPT = 1_000;
/** Between two notes of a token's use, in milliseconds. */
const USED_MS = 10 * 60_000;

interface Kept {
  credential: Credential;
  until: number;
}

export interface AuthDeps {
  tokens: Pick<Tokens, "find" | "used">;
  feed: Pick<Feed, "subscribe">;
  clock: Clock;
}

export class Authenticator {
  readonly #deps: AuthDeps;
  /** By the secret's hash; oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** When each credential ends, in milliseconds; those without an end are not in here. */
  readonly #ends = new WeakMap<Credential, number>();
  readonly #listeners = new Set<(ended: (credential: Credential) => boolean) => void>();
  readonly #unsubscribe: () => void;
  /** Rises with every revocation: what was read before it must not be kept. */
  #revocations = 0;
  #hashOf: ((secret: string) => string) | null = null;

  constructor(deps: AuthDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.feed.subscribe((events) => this.#heard(events));
  }

  /** The credential behind a secret; `null` when it is none, or no longer. Synchronous when it is known. */
  check(secret: string): Credential | null | Promise<Credential | null> {
    if (!SECRET_FORM.test(secret)) return null;
    if (this.#hashOf === null) return this.#checkFirst(secret);
    const hash = this.#hashOf(secret);
    const kept = this.#kept.get(hash);
    if (kept !== undefined && this.#deps.clock.now().getTime() < kept.until) return kept.credential;
    return this.#look(hash);
  }

  /** Whether it ends by itself at some time. */
  expires(credential: Credential): boolean {
    return this.#ends.has(credential);
  }

  /** Whether its time has come; a revocation is told to the listeners instead. */
  expired(credential: Credential): boolean {
    return this.#deps.clock.now().getTime() >= (this.#ends.get(credential) ?? Infinity);
  }

  /** Calls the listener when credentials ended before their time. */
  onEnded(listener: (ended: (credential: Credential) => boolean) => void): void {
    this.#listeners.add(listener);
  }

  /** Forgets a token that this process revoked: at once, and not when the event log tells it. */
  forget(id: string): void {
    this.#end(new Set([id]));
  }

  close(): void {
    this.#unsubscribe();
    this.#kept.clear();
  }

  async #checkFirst(secret: string): Promise<Credential | null> {
    // Loaded when a secret first comes: a board without logins does not need it.
    const { hashOf } = await import("../../store/secrets.ts");
    this.#hashOf = hashOf;
    return await this.check(secret);
  }

  async #look(hash: string): Promise<Credential | null> {
    for (;;) {
      const before = this.#revocations;
      const token = await this.#deps.tokens.find(hash);
      if (before !== this.#revocations) continue;
      const now = this.#deps.clock.now().getTime();
      // A login link proves nothing by itself: it is redeemed for a session.
      if (token === null || token.kind === "login" || hasEnded(token, now)) {
        this.#kept.delete(hash);
        return null;
      }
      return this.#keep(hash, token, now);
    }
  }

  #keep(hash: string, token: Token, now: number): Credential {
    const known = this.#kept.get(hash)?.credential;
    const credential = known ?? Object.freeze(credentialOf(token));
    const end = token.expires_at === "" ? Infinity : Date.parse(token.expires_at);
    if (end !== Infinity) this.#ends.set(credential, end);
    this.#kept.delete(hash);
    this.#kept.set(hash, { credential, until: Math.min(now + KEEP_MS, end) });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    if (token.kind !== "run" && now - Date.parse(token.last_used_at || token.created_at) > USED_MS) {
      this.#note(token.id);
    }
    return credential;
  }

  #note(id: string): void {
    this.#deps.tokens.used(id).catch((error) =>
      loggerOf("api").warn("The use of token {id} could not be noted: {error}", {
        id,
        error: messageOfError(error),
      })
    );
  }

  #heard(events: Event[]): void {
    const ids = new Set<string>();
    for (const { type, run_id, data } of events) {
      if (type === "token.revoked") ids.add(String(data.token_id));
      // A run's token has the run's id.
      if (type === "run.finished") ids.add(run_id);
    }
    if (ids.size > 0) this.#end(ids);
  }

  #end(ids: ReadonlySet<string>): void {
    this.#revocations++;
    const ended = ({ id }: Credential) => ids.has(id);
    for (const [hash, { credential }] of this.#kept) if (ended(credential)) this.#kept.delete(hash);
    for (const listener of this.#listeners) listener(ended);
  }
}

function hasEnded({ expires_at }: Token, now: number): boolean {
  return expires_at !== "" && now >= Date.parse(expires_at);
}

/** The token in `Authorization: Bearer …`, or in the subprotocols of a WebSocket; `null` when there is none. */
export function bearerOf(headers: Headers): string | null {
  const header = headers.get("authorization");
  if (header !== null) return /^bearer +(\S+) *$/i.exec(header)?.[1] ?? "";
  const protocols = headers.get("sec-websocket-protocol");
  if (protocols === null) return null;
  return protocols.split(",").map((name) => name.trim()).find((name) => name.startsWith("bearer."))?.slice(
    7,
  ) ??
    null;
}
