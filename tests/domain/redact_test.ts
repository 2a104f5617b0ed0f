import assert from "node:assert/strict";
import fc from "fast-check";
import { redactEntry, redactor, secretsOf } from "../../src/domain/redact.ts";

const redact = redactor();
const word = (length: number) => "aB3_".repeat(Math.ceil(length / 4)).slice(0, length);
const plain = (length: number) => "aB3x".repeat(Math.ceil(length / 4)).slice(0, length);

const SECRETS: [name: string, secret: string, before?: string][] = [
  ["Anthropic key", `sk-ant-api03-${word(90)}`],
  ["OpenAI key", `sk-proj-${word(60)}`],
  ["old OpenAI key", `sk-${plain(48)}`],
  ["Stripe key", `sk_live_${plain(24)}`],
  ["GitHub token", `ghp_${plain(36)}`],
  ["GitHub app token", `ghs_${plain(36)}`],
  ["fine-grained GitHub token", `github_pat_${word(82)}`],
  ["GitLab token", `glpat-${word(20)}`],
  ["AWS key id", "AKIAIOSFODNN7EXAMPLE"],
  ["AWS secret", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 'aws_secret_access_key = "'],
  ["AWS secret in JSON", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", '{\\"aws_secret_access_key\\": \\"'],
  ["Google key", `AIza${word(35)}`],
  ["Slack token", "xoxb-123456789012-abcdefghijkl"],
  ["npm token", `npm_${plain(36)}`],
  ["Autopilot token", `ap_g_${plain(43)}`],
  ["web token", `eyJ${plain(20)}.eyJ${plain(40)}.${word(43)}`],
  ["bearer token", word(40), "Authorization: Bearer "],
  ["password of an address", "hunter2!", "postgres://me:"],
];

for (const [name, secret, before = ""] of SECRETS) {
  Deno.test(`redactor() takes out: ${name}`, () => {
    const after = before.includes("://") ? "@host/db" : '" and more';
    const clean = redact(`x ${before}${secret}${after}`);
    assert.ok(!clean.includes(secret), clean);
    assert.match(clean, /^x .*\[[\w ]+ removed\]/);
    assert.ok(clean.endsWith(after), clean);
  });
}

Deno.test("redactor() takes out private keys, whole, cut off, and with line ends as JSON writes them", () => {
  for (const kind of ["", "RSA ", "OPENSSH ", "ENCRYPTED "]) {
    const lines = [
      `-----BEGIN ${kind}PRIVATE KEY-----`,
      "MIIEow",
      "IBAAKC",
      `-----END ${kind}PRIVATE KEY-----`,
    ];
    for (const glue of ["\n", "\\n", "\r\n"]) {
      assert.equal(redact(`a\n${lines.join(glue)}\nb`), "a\n[private key removed]\nb");
    }
    assert.equal(redact(lines.slice(0, 3).join("\n")), "[private key removed]");
  }
  const pgp = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----";
  assert.equal(redact(pgp), "[private key removed]");
});

Deno.test("redactor() takes out the values that it was told, the longest first", () => {
  const mine = redactor(["correct horse", "correct horse battery", "short"]);
  assert.equal(mine("it is correct horse battery"), "it is [secret removed]");
  assert.equal(mine("correct horse and short"), "[secret removed] and short");
});

Deno.test("redactor() leaves everything else as it is", () => {
  for (
    const text of [
      "risk-assessment-and-management-plan, task-sk-learn, sk-learn, disk-sk-1",
      "see https://example.com:8080/a?b=c@d and https://user@example.com/x, git@github.com:a/b.git",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
      "the bearer of this letter, Bearer of bad news",
      "sha512-abcdefghijklmnopqrstuvwxyz0123456789/+ABCDEFGH== e3b0c44298fc1c149afbf4c8996fb92427ae41e4",
      "xoxo-hugs npm_config_cache AKIA ghp_short eyJ",
    ]
  ) assert.equal(redact(text), text);
});

Deno.test("S15 redactor() finds a token wherever it stands, and repeating it changes nothing", () => {
  const secret = `ghp_${plain(36)}`;
  fc.assert(fc.property(fc.string(), fc.string(), (before, after) => {
    const clean = redact(`${before} ${secret} ${after}`);
    assert.ok(!clean.includes(secret));
    assert.equal(redact(clean), clean);
  }));
});

Deno.test("redactEntry() cleans every kind of entry and keeps clean ones as they are", () => {
  const secret = `ghp_${plain(36)}`;
  const todo = { type: "todo", items: [{ text: secret, status: "pending" }] } as const;
  const entries = [
    { type: "text", text: secret },
    { type: "thinking", text: secret },
    { type: "tool_call", call_id: "1", tool: "Bash", input: `{"command":"echo ${secret}"}` },
    { type: "tool_result", call_id: "1", ok: true, text: secret },
    { ...todo, items: [...todo.items] },
    { type: "system", text: secret },
    { type: "error", text: secret },
  ] as const;
  for (const entry of entries) {
    const clean = redactEntry(entry as Parameters<typeof redactEntry>[0], redact);
    assert.doesNotMatch(JSON.stringify(clean), /ghp_/);
    assert.match(JSON.stringify(clean), /\[GitHub token removed\]/);
    assert.equal(redactEntry(clean, redact), clean);
  }
});

Deno.test("secretsOf() knows secrets by the names of their variables", () => {
  assert.deepEqual(
    secretsOf({
      ANTHROPIC_API_KEY: "a",
      GH_TOKEN: "b",
      DB_PASSWORD: "c",
      PATH: "d",
      KEYBOARD: "e",
      TOKENS: "f",
    }),
    ["a", "b", "c"],
  );
});
