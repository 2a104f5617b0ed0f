/** Logging in and out: the page, the form, the link that works once, and the cookie of the session. */

import type { Clock } from "../../clock.ts";
import { actorOf, type Credential } from "../../domain/credential.ts";
import { canLogIn, SECRET_FORM } from "../../domain/token.ts";
import type { Tokens } from "../../store/store.ts";
import type { Authenticator } from "./auth.ts";
import { LOGIN_PATH, LOGOUT_PATH } from "./access.ts";
import { readAll } from "../body.ts";
import { cookieName, SESSION_S, setSession } from "./cookies.ts";
import { ApiError } from "../errors.ts";
import type { Visit } from "./guard.ts";
import { FailureLimiter } from "./login_limit.ts";
import { loginPage, type LoginTrouble } from "./login_page.ts";

const BOARD_PATH = "/autopilot";

/** Largest form in bytes: a token, or a whole link. */
const MAX_FORM_BYTES = 4 << 10;

export interface LoginDeps {
  tokens: Pick<Tokens, "find" | "redeem" | "startSession" | "revoke">;
  auth: Authenticator;
  clock: Clock;
  options: { auth: boolean; port: () => number; base_path?: string };
}

export interface Caller {
  credential: Credential;
  visit: Visit;
  /** Address of the client. */
  address: string;
}

/** Answers the paths of the login; `null` for every other. @throws ApiError */
export type Login = (request: Request, path: string, caller: Caller) => Promise<Response> | null;

export function createLogin({ tokens, auth, clock, options }: LoginDeps): Login {
  const failures = new FailureLimiter(clock);
  const base = options.base_path ?? "";

  const begin = async (text: string, { visit, address }: Caller): Promise<Response> => {
    const wait_s = failures.begin(address);
    if (wait_s > 0) return loginPage({ trouble: "too_many", wait_s, base });
    const started = await sessionFor(text);
    if ("trouble" in started) return loginPage({ ...started, base });
    failures.succeeded(address);
    const cookie = setSession(cookieName(visit.secure, options.port(), base), started.secret, visit.secure);
    return redirect(BOARD_PATH, cookie);
  };

  const sessionFor = async (text: string): Promise<{ secret: string } | { trouble: LoginTrouble }> => {
    const secret = SECRET_FORM.test(text) ? text : null;
    if (secret === null) return { trouble: "malformed" };
    const { hashOf, newSecret } = await import("../../store/secrets.ts");
    const hash = hashOf(secret);
    const expires_at = new Date(clock.now().getTime() + SESSION_S * 1000).toISOString();
    const fresh = newSecret("session");
    const session = { hash: fresh.hash, expires_at };
    if (secret.startsWith("ap_l_")) {
      return await tokens.redeem(hash, session) === null ? { trouble: "used_link" } : fresh;
    }
    const token = await tokens.find(hash);
    const now = clock.now().toISOString();
    if (token === null || token.kind !== "token" || (token.expires_at !== "" && token.expires_at <= now)) {
      return { trouble: "unknown_token" };
    }
    if (!canLogIn(token.scope) || token.origins.length > 0) return { trouble: "wrong_scope" };
    return await tokens.startSession(token.id, session) === null ? { trouble: "unknown_token" } : fresh;
  };

  const end = async ({ credential, visit }: Caller): Promise<Response> => {
    if (credential.via === "session") {
      await tokens.revoke(credential.id, actorOf(credential));
      auth.forget(credential.id);
    }
    return redirect(LOGIN_PATH, setSession(cookieName(visit.secure, options.port(), base), "", visit.secure));
  };

  return (request, path, caller) => {
    if (path === LOGOUT_PATH && request.method === "POST") return end(caller);
    if (path !== LOGIN_PATH) return null;
    if (!options.auth) return Promise.resolve(redirect(BOARD_PATH));
    if (request.method === "POST") return readForm(request).then((text) => begin(text, caller));
    const link = new URL(request.url).searchParams.get("token");
    // Who only looks ahead (a preview, a prefetch, HEAD) must not use the link up.
    if (link === null || request.method !== "GET" || looksAhead(request.headers)) {
      return Promise.resolve(loginPage({ base }));
    }
    return begin(link, caller);
  };
}

function looksAhead(headers: Headers): boolean {
  const purpose = `${headers.get("sec-purpose")} ${headers.get("purpose")} ${headers.get("x-moz")}`;
  const dest = headers.get("sec-fetch-dest");
  return /prefetch|prerender|preview/i.test(purpose) || (dest !== null && dest !== "document");
}

function redirect(location: string, cookie?: string): Response {
  return new Response(null, {
    status: 303,
    headers: {
      location,
      "cache-control": "no-store",
      ...(cookie === undefined ? {} : { "set-cookie": cookie }),
    },
  });
}

/** What stands in the form's field: a token, or a link with one. */
async function readForm(request: Request): Promise<string> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new ApiError(
      "unsupported_media_type",
      "The login takes a form: Content-Type must be application/x-www-form-urlencoded",
    );
  }
  if (Number(request.headers.get("content-length") ?? MAX_FORM_BYTES + 1) > MAX_FORM_BYTES) {
    throw new ApiError(
      "too_large",
      `The form is larger than ${MAX_FORM_BYTES} bytes, or does not say how large`,
    );
  }
  const text =
    new URLSearchParams(new TextDecoder().decode(await readAll(request.body, MAX_FORM_BYTES))).get("token")
      ?.trim() ?? "";
  return URL.parse(text)?.searchParams.get("token") ?? text;
}
