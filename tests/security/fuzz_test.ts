import assert from "node:assert/strict";
import fc from "fast-check";
import { SCOPES } from "../../src/domain/credential.ts";
import { newSecret } from "../../src/store/secrets.ts";
import { claimNext, openTestApi, type TestApi } from "../api/support.ts";
import { ANN, newComment, newIssue, runEnd } from "../support/store.ts";
import { type Description, type FuzzRequest, fuzzRequests } from "./fuzz_requests.ts";
import { problemsOf } from "./json_schema.ts";

/** Requests of one round go out together, so that they share commits and meet each other. */
const AT_ONCE = 25;
const ROUNDS = 210;
/** Of those who ask a board with logins; most of them may do much, so that requests get through. */
const CALLERS = [
  "admin",
  "admin",
  "admin",
  "member",
  "member",
  "agent",
  "read",
  "feedback",
  "nobody",
] as const;
type Caller = typeof CALLERS[number];

/** Something of everything that the API can answer, so that its paths lead somewhere. */
async function furnish({ store }: TestApi): Promise<string[]> {
  const issue = await store.issues.create(newIssue({ title: "Worked on" }), ANN);
  const claim = await claimNext(store);
  const at = new Date().toISOString();
  await store.runLog.append(claim.run.id, claim.lease.fence, [
    { seq: 1, at, type: "text", text: "Hello" },
    { seq: 2, at, type: "tool_call", call_id: "a", tool: "Bash", input: "{}" },
    { seq: 3, at, type: "tool_result", call_id: "a", ok: true, text: "x" },
    { seq: 4, at, type: "todo", items: [{ text: "a", status: "pending" }] },
  ]);
  await store.runs.finish(claim.run.id, claim.lease.fence, runEnd({ outcome: "needs_input", comments: [] }));
  await store.issues.create(newIssue({ status: "backlog", trust: "external" }), ANN);
  await store.comments.add("2", newComment("A comment"), ANN);
  const file = { name: "a.png", content_type: "image/png", size: 0, stored_name: "0".repeat(32) };
  const upload = await store.attachments.add("1", file, ANN);
  return [issue.id, "1", "2", claim.run.id, upload.id, "0", "99999", "nothing"];
}

Deno.test("S3, S8 no request makes the API fail, or answer what its description does not say, with logins and without", async (step) => {
  for (const seed of [4711, Math.floor(Math.random() * 2 ** 31)]) {
    await step.step(`seed ${seed}`, async () => {
      const auth = seed !== 4711;
      await using api = await openTestApi({ options: { auth } });
      const ids = await furnish(api);
      const headers = await callersOf(api, auth);
      // The bytes of the one upload.
      await Deno.writeFile(`${api.blobs_dir}/${"0".repeat(32)}`, new Uint8Array());
      const description = (await api.call("GET", "/openapi.json", { headers: headers.admin }))
        .body as Description;
      let sent = 0;
      let met = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fuzzRequests(description, ids), fc.constantFrom(...CALLERS)), {
            minLength: AT_ONCE,
            maxLength: AT_ONCE,
          }),
          async (requests) => {
            const statuses = await Promise.all(
              requests.map(([request, caller]) =>
                check(api, description, { ...request, headers: { ...headers[caller], ...request.headers } })
              ),
            );
            sent += statuses.length;
            met += statuses.filter((status) => status < 300).length;
          },
        ),
        { seed, numRuns: ROUNDS, endOnFailure: true },
      );
      assert.ok(sent >= 5_000, `only ${sent} requests were sent`);
      // A fuzzer whose requests are all refused at the door attacks nothing.
      assert.ok(met > sent / 10, `only ${met} of ${sent} requests got through`);
    });
  }
});

/** What each caller sends along; on an open board all are nobody. */
async function callersOf({ store }: TestApi, auth: boolean): Promise<Record<Caller, Record<string, string>>> {
  const found = Object.fromEntries(CALLERS.map((caller): [string, Record<string, string>] => [caller, {}]));
  for (const scope of auth ? SCOPES : []) {
    const { secret, hash } = newSecret(scope);
    await store.tokens.mint({ kind: "token", name: scope, scope, origins: [], expires_at: "" }, hash, ANN);
    found[scope] = { authorization: `Bearer ${secret}` };
  }
  return found as Record<Caller, Record<string, string>>;
}

let peer = 0;

async function check(api: TestApi, description: Description, request: FuzzRequest): Promise<number> {
  const { method, path, url, headers, body } = request;
  const what = `${method} ${url.slice(0, 300)} ${JSON.stringify(headers)} ${
    JSON.stringify(body)?.slice(0, 300)
  }`;
  const response = await api.app.fetch(
    new Request(`http://127.0.0.1:8787${url}`, {
      method,
      headers: { host: "127.0.0.1:8787", ...headers },
      body,
    }),
    // Addresses of their own, so that not one limit answers for all.
    { remoteAddr: { transport: "tcp", hostname: `127.0.${++peer >> 8 & 255}.${peer & 255}`, port: 1 } },
  );
  const text = await response.text();
  const { status } = response;
  assert.ok(status < 500 || status === 507, `${what} → ${status} ${text}`);
  const type = (response.headers.get("content-type") ?? "").split(";")[0];
  const documented = description.paths[path][method.toLowerCase()].responses[String(status)];
  assert.ok(documented !== undefined, `${what} → ${status} is not described: ${text.slice(0, 300)}`);
  if (text === "") return status;
  const content = documented.content ?? {};
  const schema = content[type] ?? content[type.replace(/\/.*/, "/*")];
  assert.ok(schema !== undefined, `${what} → ${status} as ${type}, described are ${Object.keys(content)}`);
  if (type !== "application/json") return status;
  const problems = problemsOf(JSON.parse(text), schema.schema, description.components.schemas);
  assert.deepEqual(problems, [], `${what} → ${status}`);
  return status;
}

Deno.test("problemsOf() finds what is missing, too much, of another type or out of range", () => {
  const schemas = { Name: { type: "string", maxLength: 3 } };
  const schema = {
    type: "object",
    properties: { name: { $ref: "#/components/schemas/Name" }, n: { type: "integer", minimum: 1 } },
    required: ["name"],
  };
  const found = (value: unknown) => problemsOf(value, schema, schemas).length;
  assert.deepEqual([{ name: "a" }, { name: "abc", n: 1 }].map(found), [0, 0]);
  assert.deepEqual(
    [{}, { name: "abcd" }, { name: 1 }, { name: "a", n: 0 }, { name: "a", x: 1 }, []].map(found),
    [1, 1, 1, 1, 1, 1],
  );
});
