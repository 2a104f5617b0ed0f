/** The session's cookie. */

/** How long a login lasts, in seconds. */
export const SESSION_S = 30 * 24 * 60 * 60;

/**
 * Cookies don't tell ports apart: without the port in its name, a second board of this machine would take the login
 * of the first; nor do they tell boards below several paths of one host apart. Over HTTPS the prefix keeps other hosts
 * and plain HTTP from setting it; browsers take it only with `Path=/`, so the path is told by the name.
 */
export function cookieName(secure: boolean, port: number, base_path = ""): string {
  return `${secure ? "__Host-autopilot" : `autopilot_${port}`}${base_path.replaceAll("/", "_")}`;
}

export function sessionOf(headers: Headers, name: string): string | null {
  const header = headers.get("cookie");
  if (header === null) return null;
  for (const part of header.split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value !== undefined) return value;
  }
  return null;
}

/** An empty secret takes the cookie away. */
export function setSession(name: string, secret: string, secure: boolean): string {
  const age = secret === "" ? 0 : SESSION_S;
  // Lax, so that who follows a link from elsewhere is logged in; the Origin check guards every write.
  return `${name}=${secret}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}
