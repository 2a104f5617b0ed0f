import assert from "node:assert/strict";
import { EgressNote, MAX_REFUSED_HOSTS } from "../../src/domain/egress.ts";

function hostsOf(tool: string, input: unknown, text: string, ok = false): string[] {
  const note = new EgressNote();
  note.see({ type: "tool_call", call_id: "a", tool, input: JSON.stringify(input) });
  note.see({ type: "tool_result", call_id: "a", ok, text });
  return note.hosts;
}

Deno.test("EgressNote finds the hosts in the words of refusals and of the usual programs", () => {
  const bash = (command: string, text: string) => hostsOf("Bash", { command }, text);
  const cases: [string[], string[]][] = [
    [bash("curl https://a.example/x", "curl: (6) Could not resolve host: a.example"), ["a.example"]],
    [bash("npm i", "npm ERR! getaddrinfo ENOTFOUND registry.npmjs.org"), ["registry.npmjs.org"]],
    [bash("node x", "Error: connect ECONNREFUSED 10.0.0.7:5432"), ["10.0.0.7"]],
    [bash("git fetch", "fatal: unable to access 'https://git.example/a.git/': x"), ["git.example"]],
    [bash("go get x", "dial tcp: lookup proxy.golang.org: no such host"), ["proxy.golang.org"]],
    [bash("deno run x", "error sending request for url (https://jsr.io/@a/b): dns error"), ["jsr.io"]],
    [bash("ssh git@h.example", "ssh: Could not resolve hostname h.example: Name or service not known"), [
      "h.example",
    ]],
    [bash("wget http://u:p@w.example/", "failed: Temporary failure in name resolution."), ["w.example"]],
    [bash("curl https://p.example", "curl: (56) CONNECT tunnel failed, response 403"), ["p.example"]],
    [hostsOf("WebFetch", { url: "https://f.example/a" }, "Error: No such tool available: WebFetch"), [
      "f.example",
    ]],
  ];
  for (const [found, wanted] of cases) assert.deepEqual(found, wanted);
  const note = new EgressNote();
  note.see({ type: "system", text: "The following part requires approval: curl https://d.example/x" });
  assert.deepEqual(note.hosts, ["d.example"]);
});

Deno.test("EgressNote says nothing of what went well, and of words that are no refusal", () => {
  assert.deepEqual(hostsOf("Read", { file_path: "a" }, "Could not resolve host: a.example", true), []);
  assert.deepEqual(hostsOf("Bash", { command: "curl https://a.example" }, "<html>", true), []);
  assert.deepEqual(hostsOf("Bash", { command: "curl https://a.example" }, "exit code 1"), []);
  assert.deepEqual(hostsOf("Edit", { new_string: "https://a.example" }, "String to replace not found"), []);
});

Deno.test("EgressNote is bounded, whatever an agent makes of it", () => {
  const note = new EgressNote();
  for (let n = 0; n < 10_000; n++) {
    note.see({ type: "tool_call", call_id: `${n}`, tool: "Bash", input: `https://h${n}.example` });
    if (n % 3 === 0) {
      note.see({ type: "tool_result", call_id: `${n}`, ok: false, text: "connection refused" });
    }
  }
  assert.equal(note.hosts.length, MAX_REFUSED_HOSTS);
  const started = performance.now();
  hostsOf("Bash", {}, `could not resolve host: ${"a-".repeat(16_000)} lookup ${"a.".repeat(16_000)}`);
  hostsOf("Bash", {}, `${"failed to download ".repeat(1_800)}${"dial tcp ".repeat(3_000)}`);
  assert.ok(performance.now() - started < 1_000);
  for (const host of hostsOf("Bash", {}, "Could not resolve host: evil`,<b>.example")) {
    assert.match(host, /^[a-z0-9.-]+$/);
  }
});
