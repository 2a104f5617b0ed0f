/** Requests made from the API's own description: valid ones, ones at the edges, and ones that are wrong somewhere. */

import fc from "fast-check";
import { resolved, type Schema, type Schemas } from "./json_schema.ts";

export interface Parameter {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Schemas };
}

export interface FuzzRequest {
  method: string;
  /** The key in the description. */
  path: string;
  url: string;
  headers: Record<string, string>;
  body?: string | FormData;
}

const TEXTS = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "0",
      "-1",
      "1e9",
      "null",
      "undefined",
      "__proto__",
      "constructor",
      "\0",
      "a\0b",
      "\ud800",
      "\u202e",
      "%00",
      "../../etc/passwd",
      "' or 1=1 --",
      `"; drop table issues; --`,
      "<script>",
      "${7*7}",
      "{{7*7}}",
      "*",
      '"',
      "a OR b",
      "NEAR(a b)",
      "col:x",
      "😀",
      "\u{10ffff}",
      "İ",
      "\ufffe",
      "\r\nx: y",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(119, 120, 121, 300, 301, 2_001, 70_000).map((n) => "x".repeat(n)) },
);
const WRONG = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  TEXTS,
  fc.constantFrom<unknown>(null, true, -1, 1.5, 1e308, [], {}),
);

/** A value that mostly fits the schema. */
function valueOf(given: Schema, schemas: Schemas, ids: readonly string[]): fc.Arbitrary<unknown> {
  const schema = resolved(given, schemas);
  return fc.oneof({ weight: 8, arbitrary: fitting(schema, schemas, ids) }, { weight: 1, arbitrary: WRONG });
}

function fitting(schema: Schema, schemas: Schemas, ids: readonly string[]): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return fc.oneof(...choices.map((part) => valueOf(part, schemas, ids)));
  switch ([schema.type].flat()[0]) {
    case "string":
      return fc.oneof(
        TEXTS,
        fc.constantFrom(...ids),
        fc.string({ minLength: 1, maxLength: schema.maxLength ?? 200 }),
      );
    case "integer":
    case "number":
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 1_000, 1_000) }),
        fc.constantFrom(
          -1,
          0,
          1,
          1.5,
          schema.maximum ?? 0,
          (schema.maximum ?? 0) + 1,
          1e15,
          1e16,
          Number.MAX_VALUE,
        ),
      );
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(schema.items === undefined ? WRONG : valueOf(schema.items, schemas, ids), {
        maxLength: 4,
      });
    case "object":
      return objectOf(schema, schemas, ids);
    default:
      return WRONG;
  }
}

function objectOf(
  { properties = {} }: Schema,
  schemas: Schemas,
  ids: readonly string[],
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, valueOf(schema, schemas, ids)]),
  );
  const some = fc.record(fields, { requiredKeys: [] });
  const all = fc.record(fields);
  const more = fc.dictionary(fc.oneof(fc.string({ maxLength: 10 }), fc.constant("__proto__")), WRONG, {
    maxKeys: 2,
  });
  return fc.oneof(
    { weight: 4, arbitrary: all },
    { weight: 4, arbitrary: some },
    { weight: 1, arbitrary: fc.tuple(all, more).map(([value, extra]) => ({ ...value, ...extra })) },
  );
}

const ODD_HEADERS = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      "if-match": fc.constantFrom(`"1"`, `W/"2"`, "*", "x", `"99999999999999999999"`, ""),
      "if-none-match": fc.constantFrom("*", `"1"`, "x"),
      "range": fc.constantFrom(
        "bytes=0-0",
        "bytes=-1",
        "bytes=5-1",
        "bytes=9999999-",
        "bytes=x",
        "items=0-1",
      ),
      "accept": fc.constantFrom("*/*", "text/html", "application/xml", ""),
      "content-type": fc.constantFrom(
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "application/json; x",
      ),
      "content-encoding": fc.constantFrom("gzip", "br", "identity"),
      "idempotency-key": fc.constantFrom("a", "x".repeat(201), " "),
      "authorization": fc.constantFrom("Bearer x", "Basic eDp5", "Bearer ap_a_" + "x".repeat(43)),
      "cookie": fc.constantFrom("a=b", "autopilot=x; autopilot=y", ";;="),
    }, { requiredKeys: [] }),
  },
);

/** Any request that the description allows, and many that it does not. @param ids of things that are there */
export function fuzzRequests(description: Description, ids: readonly string[]): fc.Arbitrary<FuzzRequest> {
  const { schemas } = description.components;
  const all = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => requestOf(method, path, operation, schemas, ids))
  );
  return fc.oneof(...all);
}

function requestOf(
  method: string,
  path: string,
  operation: Operation,
  schemas: Schemas,
  ids: readonly string[],
): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters ?? [];
  const places = parameters.filter((parameter) => parameter.in === "path");
  const query = parameters.filter((parameter) => parameter.in === "query");
  return fc.record({
    ids: fc.tuple(...places.map(() => fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...ids) }, TEXTS))),
    query: fc.record(
      Object.fromEntries(query.map(({ name, schema }) => [name, valueOf(schema, schemas, ids)])),
      { requiredKeys: [] },
    ),
    headers: ODD_HEADERS,
    body: bodyOf(operation, schemas, ids),
  }).map(({ ids: chosen, query, headers, body }): FuzzRequest => {
    const filled = places.reduce(
      (url, { name }, n) => url.replace(`{${name}}`, encoded(chosen[n])),
      path,
    );
    const search = Object.entries(query).map(([name, value]) => `${name}=${encoded(written(value))}`).join(
      "&",
    );
    const type: Record<string, string> = typeof body === "string"
      ? { "content-type": "application/json" }
      : {};
    return {
      method: method.toUpperCase(),
      path,
      url: search === "" ? filled : `${filled}?${search}`,
      // A form's own type holds its boundary.
      headers: body instanceof FormData ? {} : { ...type, ...headers },
      ...(body === undefined ? {} : { body }),
    };
  });
}

/** Any JSON value as a parameter's text; `String()` would call what an object names `toString`. */
function written(value: unknown): string {
  if (Array.isArray(value)) return value.map(written).join(",");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** In a path "." and ".." would name another one, so they are no value of this one. */
function encoded(text: string): string {
  const value = encodeURIComponent(text.toWellFormed());
  return value === "" || /^\.+$/.test(value) ? "-" : value;
}

function bodyOf(
  { requestBody }: Operation,
  schemas: Schemas,
  ids: readonly string[],
): fc.Arbitrary<string | FormData | undefined> {
  if (requestBody === undefined) return fc.constant(undefined);
  const json = requestBody.content["application/json"];
  if (json === undefined) return fc.tuple(TEXTS, TEXTS).map(([name, bytes]) => formOf(name, bytes));
  return fc.oneof(
    { weight: 12, arbitrary: valueOf(json.schema, schemas, ids).map((value) => JSON.stringify(value) ?? "") },
    { weight: 1, arbitrary: fc.oneof(TEXTS, fc.constantFrom("{", "[]", `{"title":`, `{"a":1}`.repeat(2))) },
  );
}

function formOf(name: string, bytes: string): FormData {
  const form = new FormData();
  if (bytes.length % 7 === 3) form.set("file", bytes);
  else form.set(bytes.length % 11 === 5 ? "other" : "file", new File([bytes], name.toWellFormed()));
  return form;
}
