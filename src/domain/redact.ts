/**
 * Takes secrets out of what agents and commands say, before it is stored or sent. A net, not a wall: it knows the
 * forms of common keys and the values that it was told, and nothing of a secret that looks like any other word.
 */

import type { LogBody } from "./log_entry.ts";

/** Answers the text without secrets; the same string when it holds none. */
export type Redact = (text: string) => string;

/** Shorter values would be found in innocent words. */
const MIN_SECRET = 8;

/**
 * The known forms, each with what stands in its place. One expression over all of them reads a text once. Order
 * matters: `sk-ant-` before `sk-`.
 */
const FORMS: readonly (readonly [name: string, pattern: string])[] = [
  [
    "private key",
    "-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,60}-----|$)",
  ],
  ["Autopilot token", "ap_[a-z]_[\\w-]{43}"],
  ["Anthropic key", "sk-ant-[\\w-]{16,}"],
  ["API key", "sk-(?:proj-|svcacct-|admin-|or-v1-)?[\\w-]{20,}|sk_live_\\w{16,}|rk_live_\\w{16,}"],
  ["GitHub token", "gh[pousr]_\\w{30,}|github_pat_\\w{22,}"],
  ["GitLab token", "glpat-[\\w-]{20,}"],
  ["AWS key", "(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"],
  ["Google key", "AIza[\\w-]{35}"],
  ["Slack token", "xox[abeoprs]-[\\w-]{10,}"],
  ["npm token", "npm_\\w{36,}"],
  ["Autopilot token", "ap_[amgrfsl]_[\\w-]{43}"],
  ["JSON web token", "eyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.[\\w-]{10,}"],
];
/** Only with the words before them; those stay. */
const LABELLED: readonly (readonly [name: string, before: string, pattern: string])[] = [
  ["bearer token", "[Bb]earer\\s{1,4}", "[\\w.~+/-]{16,}={0,2}"],
  [
    "AWS secret",
    "(?:aws_)?secret_access_key[\"'\\\\]{0,4}\\s{0,4}[=:]\\s{0,4}[\"'\\\\]{0,4}",
    "[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
  ],
  ["password", "[a-z][a-z0-9+.-]{1,20}://[^\\s:/@\"'`]{0,100}:", "[^\\s/@\"'`]{3,200}(?=@)"],
];

/** Any of these must be in a text that holds one of the forms: most texts have none and are not looked at further. */
const HINT =
  /sk[-_]|ap_[a-z]_|rk_live_|gh[pousr]_|github_pat_|glpat-|AKIA|ASIA|AIza|xox[a-z]-|npm_|ap_|eyJ|PRIVATE KEY|[Bb]earer|ccess_?[Kk]ey|ACCESS_KEY|:\/\//;

const KNOWN = new RegExp(
  [
    ...FORMS.map(([, pattern]) => `((?<![A-Za-z0-9])(?:${pattern}))`),
    ...LABELLED.map(([, before, pattern]) => `((?<=${before})${pattern})`),
  ].join("|"),
  "g",
);
const NAMES = [...FORMS, ...LABELLED].map(([name]) => name);

/**
 * Makes the function for this process.
 *
 * @param secrets values that must not be seen anywhere, such as the keys that agents work with; short ones (under 8
 * characters) are left out, as they would be found in innocent words
 */
export function redactor(secrets: readonly string[] = []): Redact {
  const values = [...new Set(secrets)].filter((value) => value.length >= MIN_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const value of values) {
      if (clean.includes(value)) clean = clean.replaceAll(value, placeholder("secret"));
    }
    return HINT.test(clean) ? clean.replace(KNOWN, named) : clean;
  };
}

function named(_match: string, ...groups: unknown[]): string {
  return placeholder(NAMES[groups.findIndex((group) => group !== undefined)]);
}

function placeholder(name: string): string {
  return `[${name} removed]`;
}

/** The values of variables whose names say that they are secret. */
export function secretsOf(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name]) => /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/.test(name))
    .map(([, value]) => value);
}

/** A run log's entry without secrets; the same object when it holds none. */
export function redactEntry<Body extends LogBody>(body: Body, redact: Redact): Body {
  if (body.type === "todo") {
    const items = body.items.map((item) => ({ ...item, text: redact(item.text) }));
    return items.every((item, index) => item.text === body.items[index].text) ? body : { ...body, items };
  }
  const field = body.type === "tool_call" ? "input" : "text";
  const said = body.type === "tool_call" ? body.input : body.text;
  const clean = redact(said);
  return clean === said ? body : { ...body, [field]: clean };
}
