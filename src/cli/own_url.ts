/** Where a server is reached. */

import type { Config } from "../config.ts";

/** Where a person reaches the board: below the first configured origin, else below its own address. */
export function boardBase(
  { origins, host, base_path }: Pick<Config, "origins" | "host" | "base_path">,
  port: number,
): string {
  return (origins[0] ?? ownUrl(host, port)) + base_path;
}

/** The server's own address; a wildcard is reached by loopback. */
export function ownUrl(host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, "");
  if (bare === "0.0.0.0" || bare === "::") return `http://127.0.0.1:${port}`;
  return `http://${bare.includes(":") ? `[${bare}]` : bare}:${port}`;
}
