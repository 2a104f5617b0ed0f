/** Secrets: made by chance, stored as SHA-256, compared in constant time. Loaded only where tokens are used. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Scope } from "../domain/credential.ts";
import { SECRET_BYTES, secretOf } from "../domain/token.ts";

export function newSecret(purpose: Scope | "session" | "login"): { secret: string; hash: string } {
  const secret = secretOf(purpose, crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  return { secret, hash: hashOf(secret) };
}

/** SHA-256 in hexadecimal digits. A secret has 256 bits of chance, so no slow hash is needed. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** In a time that does not depend on where they differ. */
export function sameHash(one: string, other: string): boolean {
  const [a, b] = [new TextEncoder().encode(one), new TextEncoder().encode(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
