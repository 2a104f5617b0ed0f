import assert from "node:assert/strict";
import { BASE, openTestApi } from "./support.ts";

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, unknown> };
}

const WANTED = [
  ["get", "/issues"],
  ["post", "/issues"],
  ["get", "/issues/{id}"],
  ["patch", "/issues/{id}"],
  ["post", "/issues/{id}/status"],
  ["get", "/issues/{id}/comments"],
  ["post", "/issues/{id}/comments"],
  ["get", "/issues/{id}/attachments"],
  ["post", "/issues/{id}/attachments"],
  ["get", "/uploads/{id}"],
  ["get", "/issues/{id}/runs"],
  ["get", "/issues/{id}/diff"],
  ["get", "/runs/{id}"],
  ["get", "/runs/{id}/log"],
  ["post", "/issues/{id}/stop"],
  ["post", "/feedback"],
  ["get", "/counts"],
  ["get", "/agents"],
  ["get", "/events"],
  ["get", "/me"],
  ["get", "/ws"],
  ["get", "/tokens"],
  ["post", "/tokens"],
  ["delete", "/tokens/{id}"],
  ["post", "/login-links"],
  ["get", "/openapi.json"],
];

Deno.test("/openapi.json is a whole OpenAPI 3.1 document with every route", async () => {
  await using api = await openTestApi();
  const { status, body } = await api.call("GET", "/openapi.json");
  assert.equal(status, 200);
  const document = body as Document;
  assert.match(document.openapi, /^3\.1\./);
  for (const [method, path] of WANTED) {
    assert.ok(document.paths[`${BASE}${path}`]?.[method]?.responses, `${method} ${path} is not described`);
  }
  for (const path of ["/healthz", "/readyz", "/metrics"]) assert.ok(document.paths[path].get, path);
  const described = new Set(
    Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).map((m) => `${m} ${path}`)),
  );
  // What is not described must not be there either: every undescribed pair of a described path answers 405.
  for (const path of Object.keys(document.paths)) {
    const target = `/${path.replace("{id}", "1")}`;
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      const { status } = await api.call(method, target);
      assert.equal(status === 405, !described.has(`${method.toLowerCase()} ${path}`), `${method} ${path}`);
    }
  }
});

Deno.test("/openapi.json says of every operation which credential it wants, and how it is refused", async () => {
  await using api = await openTestApi();
  const document = (await api.call("GET", "/openapi.json")).body as Document & {
    components: { securitySchemes: Record<string, { type: string; name?: string }> };
  };
  const { token, session } = document.components.securitySchemes;
  assert.deepEqual([token.type, session.type, session.name], ["http", "apiKey", "autopilot_8787"]);
  const open: string[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const { responses, security } = operation as { responses: object; security: object[] };
      for (const status of [401, 403, 421]) assert.ok(status in responses, `${method} ${path} ${status}`);
      if (security.some((one) => Object.keys(one).length === 0)) open.push(`${method} ${path}`);
      else assert.deepEqual(security, [{ token: [] }, { session: [] }]);
    }
  }
  assert.deepEqual(open.sort(), [
    "get /api/autopilot/feedback/{receipt}",
    "get /healthz",
    "post /api/autopilot/feedback",
    "put /api/autopilot/feedback/{receipt}/screenshot",
  ]);
});

Deno.test("/openapi.json refers only to schemas that it has", async () => {
  await using api = await openTestApi();
  const { body } = await api.call("GET", "/openapi.json");
  const known = new Set(Object.keys((body as Document).components.schemas));
  const used = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((m) =>
    m[1]
  );
  assert.ok(used.length > 20);
  for (const name of used) assert.ok(known.has(name), name);
});
