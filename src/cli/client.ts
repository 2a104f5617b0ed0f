/** The HTTP client of the commands: asks a running server, and says what to do when it does not answer. */

import { messageOfError } from "../domain/errors.ts";
import { CommandError, EXIT, type ExitCode } from "./exit.ts";

/** Where the API lives. */
export const API_BASE = "/api/autopilot";
/** How long an answer may take: moving an issue out of `in_progress` waits for its run, in milliseconds. */
const ANSWER_MS = 60_000;

export interface Client {
  /** The server's address without a path, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** "" when there is none. */
  readonly token: string;
  /**
   * Asks `/api/autopilot<path>`. A `json` is sent by POST unless `method` says otherwise.
   *
   * @throws {CommandError} when nobody answers, or the answer is an error: its message and exit code tell which
   */
  call<T>(path: string, init?: { method?: string; json?: unknown }): Promise<T>;
  /** The same for any path of the server, with the answer as it comes. The status has been looked at. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export function createClient({ url, token }: { url: string; token: string }): Client {
  const client: Client = {
    url,
    token,
    async call<T>(path: string, { method, json }: { method?: string; json?: unknown } = {}): Promise<T> {
      const response = await client.fetch(`${API_BASE}${path}`, {
        method: method ?? (json === undefined ? "GET" : "POST"),
        ...json === undefined ? {} : {
          body: JSON.stringify(json),
          headers: { "content-type": "application/json" },
        },
      });
      if (response.status === 204) return undefined as T;
      try {
        return await response.json() as T;
      } catch (error) {
        throw new CommandError(
          `${url} does not answer like Autopilot: no JSON came. Is AUTOPILOT_URL right?`,
          EXIT.failed,
          "no_json",
          { cause: error },
        );
      }
    },
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (token !== "") headers.set("authorization", `Bearer ${token}`);
      let response: Response;
      try {
        response = await fetch(`${url}${path}`, {
          signal: AbortSignal.timeout(ANSWER_MS),
          redirect: "manual",
          ...init,
          headers,
        });
      } catch (error) {
        throw unreachable(url, error);
      }
      if (response.ok) return response;
      throw await refusal(response, url, token);
    },
  };
  return client;
}

/** Nobody listens, or nobody answers in time. */
export function unreachable(url: string, error: unknown): CommandError {
  const why = error instanceof DOMException && error.name === "TimeoutError"
    ? `no answer within ${ANSWER_MS / 1000} s`
    : messageOfError(error).replace(/^error sending request for url \([^)]*\): /, "");
  return new CommandError(
    `No server answers at ${url} (${why}).\nStart one with "autopilot serve", or name another with AUTOPILOT_URL or --url`,
    EXIT.unreachable,
    "unreachable",
    { cause: error },
  );
}

async function refusal(response: Response, url: string, token: string): Promise<CommandError> {
  const { status } = response;
  const { error, code, details, allowed } = await bodyOf(response);
  const lines = [error === "" ? `${url} answered ${status} ${response.statusText}`.trim() : error];
  // One detail is often the message itself.
  for (const { field, message } of details) {
    if (!error.includes(message)) lines.push(`  ${field === "" ? "" : `${field}: `}${message}`);
  }
  if (allowed.length > 0) lines.push(`Possible now: ${allowed.join(", ")}`);
  if (status === 401) {
    lines.push(
      token === ""
        ? `${url} wants a login: put a token into AUTOPILOT_TOKEN ("autopilot token mint <name>" makes one on the server's machine)`
        : `${url} does not take the token in AUTOPILOT_TOKEN: is it revoked, or of another board?`,
    );
  } else if (status === 403) {
    lines.push("The token in AUTOPILOT_TOKEN may not do this");
  } else if (status === 429) {
    lines.push(`Try again in ${response.headers.get("retry-after") ?? "a few"} s`);
  } else if (error === "") {
    lines.push("Is this the address of an Autopilot server? AUTOPILOT_URL or --url names another");
  }
  return new CommandError(lines.join("\n"), exitOf(status), code || `http_${status}`);
}

function exitOf(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.denied;
  return status >= 400 && status < 500 && status !== 429 ? EXIT.refused : EXIT.failed;
}

interface ErrorBody {
  error: string;
  code: string;
  details: { field: string; message: string }[];
  allowed: string[];
}

/** What an error says of itself; empty where it is no answer of Autopilot. */
async function bodyOf(response: Response): Promise<ErrorBody> {
  const nothing: ErrorBody = { error: "", code: "", details: [], allowed: [] };
  try {
    const body = await response.json();
    return typeof body?.error === "string" ? { ...nothing, ...body } : nothing;
  } catch {
    // Not JSON: a proxy, or another program. The status says what there is to say.
    return nothing;
  }
}
