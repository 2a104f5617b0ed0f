/** Where a server is reached. */

import type { Config } from "../config.ts";

/** Where a person reaches the board: the first configured origin, else its own address. */
export function boardBase({ origins, host }: Pick<Config, "origins" | "host">, port: number): string {
  return origins[0] ?? ownUrl(host, port);
}

/** The server's own address; a wildcard is reached by loopback. */
export function ownUrl(host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, "");
  if (bare === "0.0.0.0" || bare === "::") return `http://127.0.0.1:${port}`;
  return `http://${bare.includes(":") ? `[${bare}]` : bare}:${port}`;
}
