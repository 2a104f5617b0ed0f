/**
 * Events: the log of everything that happened. A row is written in the transaction of the change that it
 * tells, so the log is the timeline, the WebSocket stream and the audit log at once.
 */

import type { Issue } from "./issue.ts";

export const EVENT_TYPES = [
  "issue.created",
  "issue.status",
  "issue.updated",
  "comment.added",
  "run.started",
  "run.finished",
  "agent.status",
  "token.minted",
  "token.revoked",
  "session.started",
] as const;
export type EventType = typeof EVENT_TYPES[number];

/** Who did it. `external` has no credential; `system` is Autopilot itself. */
export const ACTOR_KINDS = ["human", "agent", "system", "external"] as const;
export type ActorKind = typeof ACTOR_KINDS[number];

export interface Actor {
  kind: ActorKind;
  name: string;
  /** Id of the token that it acted with; absent or empty when none was needed. */
  credential?: string;
}

/** Autopilot itself. */
export const SYSTEM: Actor = { kind: "system", name: "autopilot" };

/** What a field of an event holds: nothing nested but a list of texts. */
export type EventValue = string | number | boolean | readonly string[];

/** An event before the log gave it its sequence number. */
export interface NewEvent {
  type: EventType;
  issue_id: string;
  run_id: string;
  actor: Actor;
  /** Further fields of the message. */
  data: Record<string, EventValue>;
}

export interface Event extends NewEvent {
  /** Rises by exactly one from event to event, in the order of commits, from 1. */
  seq: number;
  at: string;
}

/** The fields of an issue that a card on the board shows; `issue.*` events carry them. */
export function cardOf(issue: Issue): NewEvent["data"] {
  return {
    number: issue.number,
    title: issue.title,
    status: issue.status,
    kind: issue.kind,
    priority: issue.priority,
    assignee: issue.assignee,
    human_only: issue.human_only,
    trust: issue.trust,
    claimed_by: issue.claimed_by,
    claimed_at: issue.claimed_at,
    branch: issue.branch,
    pr_url: issue.pr_url,
    checks: issue.checks,
    outcome: issue.outcome,
    refused_hosts: issue.refused_hosts,
    not_before: issue.not_before,
    attempts: issue.attempts,
    cost_usd: issue.cost_usd,
    version: issue.version,
    created_at: issue.created_at,
    updated_at: issue.updated_at,
  };
}

/**
 * The event as a flat message, for the WebSocket and `GET /events`. `issue.*` messages carry the issue's id
 * as `id` too.
 */
export function messageOf(event: Event): Record<string, EventValue> {
  return {
    ...event.data,
    type: event.type,
    seq: event.seq,
    at: event.at,
    issue_id: event.issue_id,
    ...(event.run_id === "" ? {} : { run_id: event.run_id }),
    ...(event.type.startsWith("issue.") ? { id: event.issue_id } : {}),
    actor: event.actor.name,
    actor_kind: event.actor.kind,
  };
}
