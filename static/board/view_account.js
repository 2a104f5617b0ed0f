// @ts-check
/** Who is logged in, and the way out. */

import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { api, HOME } from "./api.js";
import { toast } from "./store.js";

/** @import { Me } from "./api.js" */

const LOGOUT = `${HOME}/logout`;
const LOGIN = `${HOME}/login`;
/** @type {Record<string, string>} */
const SCOPES = {
  admin: "may do everything",
  member: "may work with issues",
  agent: "may comment and file",
  read: "may look, and change nothing",
};

export function Account() {
  const me = useSignal(/** @type {Me | null} */ (null));
  useEffect(() => {
    api.me().then((found) => me.value = found, (error) => toast(error.message, "bad"));
  }, []);
  if (me.value === null || me.value.auth === "off") return null;
  return html`
    <p class="account">You are <b>${me.value.name}</b> and ${SCOPES[me.value.scope] ?? me.value.scope}.</p>
    <button type="button" class="button" onClick=${leave}>Log out</button>
  `;
}

async function leave() {
  await fetch(LOGOUT, { method: "POST", redirect: "manual" });
  location.assign(LOGIN);
}
