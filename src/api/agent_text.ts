/** What an agent says through the API is as untrusted as what it says in its transcript: secrets are taken out first. */

import type { Actor } from "../domain/event.ts";
import { redactor } from "../domain/redact.ts";
import type { ApiDeps } from "./env.ts";

const KNOWN_FORMS = redactor();

/** The fields with every text an agent wrote without secrets; what people write stays as it is. */
export function withoutAgentsSecrets<T extends object>(
  { redact = KNOWN_FORMS }: Pick<ApiDeps, "redact">,
  actor: Actor,
  fields: T,
): T {
  if (actor.kind !== "agent") return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? redact(value) : value]),
  ) as T;
}
