/** Admission: which credential a request has, and whether it suffices for what the request wants. */

import { type Credential, may, NOBODY, OPEN_OPERATOR, OPEN_READER } from "../../domain/credential.ts";
import { isPublic, LOGIN_PATH, needOf } from "./access.ts";
import { type Authenticator, bearerOf } from "./auth.ts";
import { cookieName, sessionOf } from "./cookies.ts";
import { ApiError, errorResponse } from "../errors.ts";
import type { Visit } from "./guard.ts";

export interface AdmissionOptions {
  auth: boolean;
  port: () => number;
  base_path?: string;
}

/** Who may pass, or the refusal. Synchronous where nothing has to be looked up. */
export type Admission = (
  request: Request,
  path: string,
  visit: Visit,
) => Credential | Response | Promise<Credential | Response>;

export function createAdmission(auth: Authenticator, options: AdmissionOptions): Admission {
  return (request, path, visit) => {
    const { headers, method } = request;
    const decide = (credential: Credential | null, what: string): Credential | Response => {
      if (credential === null) return unauthorized(request, path, what, options.base_path);
      return refusal(request, path, credential) ?? credential;
    };
    const bearer = bearerOf(headers);
    if (bearer !== null) {
      const what = "The token is not valid: it may be revoked, expired, or of another board";
      const found = auth.check(bearer);
      return found instanceof Promise ? found.then((one) => decide(one, what)) : decide(found, what);
    }
    if (!options.auth) {
      return visit.embed === null ? OPEN_OPERATOR : decide({ ...OPEN_READER, origins: [visit.embed] }, "");
    }
    if (isPublic(method, path)) return NOBODY;
    // Pages of other sites ask with a token of their own, never with the visitor's login.
    const name = cookieName(visit.secure, options.port(), options.base_path);
    const session = visit.embed === null ? sessionOf(headers, name) : null;
    if (session === null) return unauthorized(request, path, "This board wants a login", options.base_path);
    const what = "The login has ended: log in again";
    const found = auth.check(session);
    return found instanceof Promise ? found.then((one) => decide(one, what)) : decide(found, what);
  };
}

function refusal(request: Request, path: string, credential: Credential): Response | null {
  const origin = request.headers.get("origin");
  if (credential.origins.length > 0 && (origin === null || !credential.origins.includes(origin))) {
    return errorResponse(
      new ApiError("wrong_origin", `This token works only in pages of ${credential.origins.join(", ")}`),
    );
  }
  if (credential.scope === "admin" && credential.origins.length === 0) return null;
  const need = needOf(request.method, path) ?? "administer";
  if (need === "public" || need === "any" || may(credential, need)) return null;
  return errorResponse(
    new ApiError(
      "forbidden",
      `${request.method} ${path} needs the right to ${need}, which a credential of scope ` +
        `"${credential.scope}"${
          credential.origins.length === 0 ? "" : " that is bound to origins"
        } does not have`,
    ),
  );
}

/** Pages lead to the login; everything else is told plainly. */
function unauthorized(request: Request, path: string, what: string, base = ""): Response {
  const reads = request.method === "GET" || request.method === "HEAD";
  if (reads && /^\/(autopilot\/?)?$/.test(path)) {
    return new Response(null, {
      status: 303,
      headers: { location: LOGIN_PATH, "cache-control": "no-store" },
    });
  }
  return errorResponse(
    new ApiError(
      "unauthorized",
      `${what}. Send a token as "Authorization: Bearer <token>", or log in at ${base}${LOGIN_PATH}`,
      {
        headers: { "www-authenticate": 'Bearer realm="Autopilot"' },
      },
    ),
  );
}
