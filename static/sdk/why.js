// @ts-check
/**
 * Why a page can't talk to the board: browsers tell a script nothing but that it failed.
 *
 * @typedef {import("./types.js").State} State
 */

/** Addresses of this machine or of a private network. */
const PRIVATE =
  /^((127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.[\d.]+|\[(::1|f[cde][\da-f]{2}:.*)\]|(.*\.)?localhost|.*\.(local|internal|lan))$/;
const LOOPBACK = /^(127\.[\d.]+|\[::1\]|(.*\.)?localhost)$/;
/** Names under which browsers know the permission, newest first. */
const PERMISSIONS = ["loopback-network", "local-network", "local-network-access"];

/** So long after a refused request the page has heard of it, in milliseconds. */
const REPORT_MS = 50;

/** @param {URL} api */
export function isMixed({ protocol, hostname }) {
  return location.protocol === "https:" && protocol === "http:" && !LOOPBACK.test(hostname);
}

/** Whether a public page is to call a private address: the browser asks then. @param {URL} api */
export function asksFirst({ hostname }) {
  return PRIVATE.test(hostname) && !PRIVATE.test(location.hostname);
}

/** What was answered when the browser asked: `granted`, `denied`, or `prompt`. @param {URL} api @returns {Promise<string>} */
export async function answerTo({ hostname }) {
  for (const name of PERMISSIONS) {
    if (name === PERMISSIONS[0] && !LOOPBACK.test(hostname)) continue;
    try {
      return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })).state;
    } catch {
      // This browser has no permission of that name.
    }
  }
  return "prompt";
}

/** Watches for the page's own policy refusing the address. @param {URL} api */
export function watchPolicy({ host }) {
  let refused = false;
  /** @param {SecurityPolicyViolationEvent} event */
  const heard = ({ effectiveDirective, blockedURI }) => {
    refused ||= effectiveDirective === "connect-src" && blockedURI.includes(host);
  };
  document.addEventListener("securitypolicyviolation", heard);
  return {
    refused: () => refused,
    end: () => document.removeEventListener("securitypolicyviolation", heard),
  };
}

/**
 * Looks for the reason after a request got no answer, or a connection ended.
 *
 * @param {URL} api
 * @param {string} script an address of the board that answers every page
 * @param {() => boolean} byPolicy
 * @param {boolean} [known] the board has answered this page before
 * @returns {Promise<State>}
 */
export async function reasonOf(api, script, byPolicy, known = false) {
  // The policy's report comes after the failure.
  await new Promise((resolve) => setTimeout(resolve, REPORT_MS));
  if (!navigator.onLine) return "offline";
  if (byPolicy()) return "policy";
  if (known || api.origin === location.origin) return "away";
  if (asksFirst(api) && await answerTo(api) === "denied") return "denied";
  try {
    const { ok } = await fetch(script, { method: "HEAD", cache: "no-store", credentials: "omit" });
    return ok ? "origin" : "away";
  } catch {
    return "away";
  }
}
