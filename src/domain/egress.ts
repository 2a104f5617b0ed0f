/**
 * Which hosts a run's tools were refused or could not reach, as far as its transcript tells: the words of refusals and
 * of the usual programs' errors. A program that keeps silent about it is not noticed, and neither is what was reached.
 */

import type { LogBody } from "./log_entry.ts";

/** Most hosts of one run. */
export const MAX_REFUSED_HOSTS = 20;
/** Calls that wait for their result. */
const MAX_OPEN_CALLS = 200;

const HOST = String.raw`(\[[0-9a-f:]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)`;
/** Errors that name the host themselves. */
const NAMED: readonly RegExp[] = [
  String.raw`could not resolve (?:host|hostname|proxy):? "?${HOST}`,
  String.raw`\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH) ${HOST}`,
  String.raw`failed to connect to ${HOST}`,
  String.raw`unable to (?:access|resolve host address) ['‘"“]?(?:https?://)?${HOST}`,
  String.raw`lookup ${HOST}(?: on \S+)?: (?:no such host|server misbehaving)`,
  String.raw`(?:dial tcp|connect to host) ${HOST}[: ](?:\S+ )?.{0,40}(?:refused|unreachable|timed out)`,
  String.raw`error sending request for url \(https?://${HOST}`,
  String.raw`(?:cannot|could not|failed to) (?:download|fetch|reach|get) .{0,40}?https?://${HOST}`,
].map((pattern) => new RegExp(pattern, "gi"));
/** Errors that leave out which host it was: then those of the call are meant. */
const UNNAMED =
  /name or service not known|temporary failure in name resolution|network is unreachable|no route to host|connection refused|CONNECT tunnel failed|proxy .{0,40}\b40[37]\b|nodename nor servname/i;
/** The tool itself was refused. */
const DENIED =
  /no such tool available|permission to use \S+ has been denied|requires approval|not allowed|denied by/i;
const ADDRESS = new RegExp(String.raw`\bhttps?://(?:[^\s/@"'\\]{1,200}@)?${HOST}`, "gi");

export class EgressNote {
  readonly #calls = new Map<string, { tool: string; hosts: string[] }>();
  readonly #hosts = new Set<string>();

  /** Takes an entry of the transcript, in order. */
  see(body: LogBody): void {
    if (body.type === "tool_call") {
      const hosts = hostsIn(body.input, ADDRESS);
      if (this.#calls.size < MAX_OPEN_CALLS) this.#calls.set(body.call_id, { tool: body.tool, hosts });
    } else if (body.type === "tool_result") {
      const call = this.#calls.get(body.call_id);
      this.#calls.delete(body.call_id);
      this.#take(body.text, body.ok, call);
    } else if (body.type === "system" && DENIED.test(body.text)) {
      this.#add(hostsIn(body.text, ADDRESS));
    }
  }

  /** In the order in which they were seen. */
  get hosts(): string[] {
    return [...this.#hosts];
  }

  #take(text: string, ok: boolean, call: { tool: string; hosts: string[] } | undefined): void {
    const named = NAMED.flatMap((pattern) => hostsIn(text, pattern));
    // A test may print such words on purpose, and a file may hold them: a tool that did well was refused nothing.
    if (ok && !(call?.tool === "Bash" && named.length > 0)) return;
    this.#add(named);
    if (named.length === 0 && call !== undefined && (UNNAMED.test(text) || DENIED.test(text))) {
      this.#add(call.hosts);
    }
  }

  #add(hosts: readonly string[]): void {
    for (const host of hosts) if (this.#hosts.size < MAX_REFUSED_HOSTS) this.#hosts.add(host);
  }
}

function hostsIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, host]) => host.toLowerCase().replace(/:\d+$/, ""));
}
