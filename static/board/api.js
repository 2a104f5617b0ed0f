// @ts-check
/** The HTTP API, as the board uses it. */

import { cleanValue } from "./clean.js";
import { toCard } from "./reduce.js";

/** @import { Issue, IssuePatch, Kind, Priority, Status } from "../../src/domain/issue.ts" */
/** @import { Comment } from "../../src/domain/comment.ts" */
/** @import { Attachment } from "../../src/domain/attachment.ts" */
/** @import { Agent } from "../../src/domain/agent.ts" */
/** @import { Stats } from "../../src/domain/stats.ts" */
/** @import { Run } from "../../src/domain/run.ts" */
/** @import { Card, Message } from "./reduce.js" */
/** @import { Diff } from "../../src/domain/diff.ts" */
/** @import { LogEntry } from "../../src/domain/log_entry.ts" */

/** @typedef {{ issue: Issue, comments: Comment[], attachments: Attachment[], runs: Run[] }} IssueDetail */
/** @typedef {{ title: string, body: string, kind: Kind, priority: Priority, status: Status }} IssueDraft */

/** The path in front of the server's own: this file is at `<mount>/autopilot/b/<version>/api.js`. */
const MOUNT = /^(.*)\/autopilot\/b\//.exec(new URL(import.meta.url).pathname)?.[1] ?? "";
export const HOME = `${MOUNT}/autopilot`;
export const BASE = `${MOUNT}/api/autopilot`;
/** Beside the API. */
const READY = `${MOUNT}/readyz`;

/**
 * The runner of this server, as `/readyz` tells it; `null` when it is off.
 *
 * @typedef {{ sandbox: "bwrap" | "off", concurrency: number, error: string, waits: string, warnings: string[], demo: boolean }} RunnerState
 */

/** @typedef {{ name: string, scope: string, auth: "on" | "off", permissions: string[] }} Me */

/** What the server refused, or that it could not be reached (`status` 0). The message is for people. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {string} code
   */
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Answers of lists that came with an ETag, so that an unchanged list is neither sent nor built again. */
/** @type {Map<string, { etag: string, cards: Card[], next: string | null }>} */
const lists = new Map();

/**
 * @param {string} path below `BASE`
 * @param {RequestInit} [init]
 */
async function request(path, init) {
  let response;
  try {
    response = await fetch(path.startsWith(BASE) || path === READY ? path : BASE + path, init);
  } catch {
    // fetch says nothing that helps a person: whatever the reason, the server can't be reached.
    throw new ApiError("The server can't be reached. Is it running?", 0, "unreachable");
  }
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) loggedOut();
  const problem = await response.json().catch(() => ({})); // an error without JSON body: the status is all there is
  throw new ApiError(
    cleanValue(String(problem.error ?? `The server answered ${response.status}`)),
    response.status,
    String(problem.code ?? ""),
  );
}

let told = false;

/** Says that the login has ended, and leads to the login. Nothing can be loaded for it any more. */
export function loggedOut() {
  if (told) return;
  told = true;
  const dialog = document.createElement("dialog");
  const link = document.createElement("a");
  link.href = `${HOME}/login`;
  link.textContent = "Log in again";
  dialog.ariaLabel = "Your login has ended";
  dialog.append("Your login has ended. ", link);
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
async function post(path, body, headers) {
  const response = await request(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return cleanValue(await response.json());
}

/** @param {string} path */
async function get(path) {
  return cleanValue(await (await request(path)).json());
}

/** The address of the next page in a `Link` header. @param {Response} response */
function nextPage(response) {
  return /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
}

export const api = {
  /**
   * One page of a list of issues, cut down to what cards show.
   *
   * @param {string} path with query, or the `next` of the page before
   * @returns {Promise<{ cards: Card[], next: string | null }>}
   */
  async issues(path) {
    const known = lists.get(path);
    const response = await request(path, {
      cache: "no-store",
      headers: known === undefined ? {} : { "if-none-match": known.etag },
    });
    if (response.status === 304 && known !== undefined) {
      await response.arrayBuffer(); // unread, it would count as a request that was given up
      return known;
    }
    /** @type {Issue[]} */
    const issues = await response.json();
    const page = { cards: issues.map(toCard).map(cleanValue), next: nextPage(response) };
    const etag = response.headers.get("etag");
    // Columns are asked for again and again, words that are searched for as a rule once.
    if (etag !== null && !path.includes("?q=")) lists.set(path, { etag, ...page });
    return page;
  },

  /** @param {string} ref id or number @returns {Promise<IssueDetail>} */
  issue: (ref) => get(`/issues/${encodeURIComponent(ref)}`),

  /** With every hidden character in it: only for showing it as such. @param {string} id @returns {Promise<IssueDetail>} */
  rawIssue: async (id) => (await request(`/issues/${id}`)).json(),

  /** @param {IssueDraft} draft @returns {Promise<Issue>} */
  create: (draft) => post("/issues", draft),

  /**
   * @param {string} id
   * @param {number} version the one that was read: a newer one answers 412
   * @param {IssuePatch} patch
   * @returns {Promise<Issue>}
   */
  async edit(id, version, patch) {
    const response = await request(`/issues/${id}`, {
      method: "PATCH",
      headers: { "content-type": "application/json", "if-match": `"${version}"` },
      body: JSON.stringify(patch),
    });
    return cleanValue(await response.json());
  },

  /** @param {string} id @param {File} file @returns {Promise<Attachment>} */
  async attach(id, file) {
    const body = new FormData();
    body.append("file", file);
    return cleanValue(await (await request(`/issues/${id}/attachments`, { method: "POST", body })).json());
  },

  /**
   * @param {string} id
   * @param {Status} status
   * @param {{ version?: number, comments?: number }} [seen] what the person was shown: if there is more, it answers 412
   * @returns {Promise<Issue>}
   */
  move: (id, status, { version, comments } = {}) =>
    post(
      `/issues/${id}/status`,
      { status, seen_comments: comments },
      version === undefined ? {} : { "if-match": `"${version}"` },
    ),

  /** @param {string} id @returns {Promise<Issue>} */
  async stop(id) {
    return cleanValue(await (await request(`/issues/${id}/stop`, { method: "POST" })).json());
  },

  /** @param {string} id @param {string} body @returns {Promise<{ comment: Comment, unblocked: boolean }>} */
  comment: (id, body) => post(`/issues/${id}/comments`, { body, author_kind: "human" }),

  /** @param {string} run_id @param {number} after @param {number} limit @returns {Promise<{ entries: LogEntry[], next: number }>} */
  log: (run_id, after, limit) => get(`/runs/${run_id}/log?after=${after}&limit=${limit}`),

  /**
   * @param {string} id
   * @param {string} since a commit, or empty for the base
   * @returns {Promise<Diff>} patches as they came: their lines are cleaned when they are drawn
   */
  async diff(id, since) {
    const response = await request(`/issues/${id}/diff${since === "" ? "" : `?since=${since}`}`);
    /** @type {Diff} */
    const diff = await response.json();
    return {
      ...diff,
      files: diff.files.map((file) => ({ ...cleanValue({ ...file, patch: "" }), patch: file.patch })),
    };
  },

  /** @param {string} id @param {number} after @returns {Promise<{ events: Message[], next: number }>} */
  events: (id, after) => get(`/events?issue=${id}&after=${after}&limit=1000`),

  /** @returns {Promise<Record<Status, number>>} */
  counts: () => get("/counts"),

  /** @returns {Promise<Me>} */
  me: () => get("/me"),

  /** @returns {Promise<Agent[]>} */
  agents: () => get("/agents"),

  /** @param {number} days @returns {Promise<Stats>} */
  stats: (days) => get(`/stats?days=${days}`),

  /** @returns {Promise<RunnerState | null>} */
  async runner() {
    const { runner } = await get(READY);
    return runner === "off" ? null : runner;
  },
};
