/** Who is at the other end, and over what: the socket's word, or that of a proxy which is trusted. */

import { type AddressRange, isIn, parseAddress, parseRange } from "../../domain/address.ts";
import { givenRequestId } from "../request_id.ts";

export interface Peer {
  /** The client's address; that of the last proxy in front of the trusted ones, when there are some. */
  address: string;
  /** A trusted proxy says that the client came by HTTPS. */
  https: boolean;
  /** What a trusted proxy calls the request; "" when it says nothing usable. */
  request_id: string;
}

/**
 * Reads who sent a request. `X-Forwarded-For` counts from the right, as everything left of what a trusted proxy
 * wrote was written by the client.
 */
export function peerReader(trusted: readonly string[]): (request: Request, socket: string) => Peer {
  const ranges = trusted.map(parseRange).filter((range) => range !== null);
  if (ranges.length === 0) return (_request, address) => ({ address, https: false, request_id: "" });
  return (request, socket) => {
    if (!isTrusted(socket, ranges)) return { address: socket, https: false, request_id: "" };
    const forwarded = listOf(request.headers.get("x-forwarded-for"));
    let address = socket;
    for (const next of forwarded.reverse()) {
      if (parseAddress(next) === null) break;
      address = next;
      if (!isTrusted(next, ranges)) break;
    }
    const https = listOf(request.headers.get("x-forwarded-proto")).at(-1) === "https";
    return { address, https, request_id: givenRequestId(request) };
  };
}

function listOf(header: string | null): string[] {
  return (header ?? "").split(",").map((part) => part.trim().toLowerCase()).filter((part) => part !== "");
}

function isTrusted(text: string, ranges: readonly AddressRange[]): boolean {
  const address = parseAddress(text);
  return address !== null && isIn(address, ranges);
}
