/** What of the event log a listener gets to see. */

import { type Credential, may } from "./credential.ts";
import { type Event, type EventType, messageOf } from "./event.ts";

/**
 * - `all`: everything; admins see by which credential it was done.
 * - `work`: everything but who has which tokens.
 * - `headlines`: what moved, with its title: for pages of other sites. No bodies, no results, no names, no logs.
 * - `signals`: the same without titles: a feedback key is published, so what it shows is public.
 */
export const VIEWS = ["all", "work", "headlines", "signals"] as const;
export type View = typeof VIEWS[number];

type Message = ReturnType<typeof messageOf>;

const SECURITY_TYPES: ReadonlySet<EventType> = new Set(["token.minted", "token.revoked", "session.started"]);
const SIGNAL_FIELDS = ["number", "status", "from", "kind", "author_kind", "outcome"] as const;

/** @param embedded the listener is a page of another site */
export function viewOf(credential: Credential, embedded: boolean): View {
  if (!may(credential, "glance")) return "signals";
  if (embedded || !may(credential, "read")) return "headlines";
  return credential.scope === "admin" ? "all" : "work";
}

/** Whether the view goes beyond the event log: transcripts, activity of agents. */
export function seesRuns(view: View): boolean {
  return view === "all" || view === "work";
}

/** The event as this listener gets it. Every event is there in every view, so that numbers have no gap. */
export function messageIn(event: Event, view: View): Message {
  const { type, seq, at, issue_id, actor } = event;
  if (view === "all") {
    const credential = actor.credential ?? "";
    return { ...messageOf(event), ...(credential === "" ? {} : { credential }) };
  }
  if (SECURITY_TYPES.has(type)) {
    return { type, seq, at, issue_id: "", actor: "", actor_kind: "system" };
  }
  if (view === "work") return messageOf(event);
  const fields = view === "headlines" ? [...SIGNAL_FIELDS, "title"] : SIGNAL_FIELDS;
  const data = fields.filter((name) => name in event.data).map((name) => [name, event.data[name]]);
  return { type, seq, at, issue_id, ...Object.fromEntries(data) };
}
