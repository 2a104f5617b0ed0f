/** Checks values against the part of JSON Schema 2020-12 that the API's description uses. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  default?: unknown;
  description?: string;
  discriminator?: unknown;
}

export type Schemas = Readonly<Record<string, Schema>>;

const KNOWN = new Set([
  "$ref",
  "type",
  "format",
  "enum",
  "const",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "anyOf",
  "oneOf",
  "allOf",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "default",
  "description",
  "discriminator",
]);

/** The schema that a reference names, in one piece: what all of its parts ask for. */
export function resolved(schema: Schema, schemas: Schemas): Schema {
  if (schema.$ref !== undefined) {
    const found = schemas[schema.$ref.replace("#/components/schemas/", "")];
    if (found === undefined) throw new Error(`${schema.$ref} is not described`);
    return resolved(found, schemas);
  }
  if (schema.allOf === undefined) return schema;
  const { allOf, ...own } = schema;
  return [...allOf.map((part) => resolved(part, schemas)), own].reduce((all, part) => ({
    ...all,
    ...part,
    ...(all.properties || part.properties ? { properties: { ...all.properties, ...part.properties } } : {}),
    ...(all.required || part.required ? { required: [...all.required ?? [], ...part.required ?? []] } : {}),
  }), {});
}

/**
 * What is wrong with the value; empty when nothing is. Objects must have no properties beside the described ones,
 * unless their schema says so: an answer with more than is described is as wrong as one with less.
 */
export function problemsOf(value: unknown, given: Schema, schemas: Schemas, at = "$"): string[] {
  const schema = resolved(given, schemas);
  const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) return [`${at}: this check does not know ${unknown.join(", ")}`];
  const found: string[] = [];
  const say = (text: string) => found.push(`${at}: ${text}, found ${JSON.stringify(value)?.slice(0, 80)}`);
  if (schema.enum !== undefined && !schema.enum.includes(value)) say(`must be one of ${schema.enum}`);
  if (schema.const !== undefined && schema.const !== value) say(`must be ${schema.const}`);
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOf(type, value))) {
    say(`must be ${schema.type}`);
    return found;
  }
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) {
    const fitting = choices.filter((part) => problemsOf(value, part, schemas, at).length === 0).length;
    if (fitting === 0 || (schema.oneOf !== undefined && fitting > 1)) say(`fits ${fitting} of the choices`);
  }
  if (typeof value === "string") found.push(...textProblems(value, schema, at));
  if (typeof value === "number") {
    if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)) say("is out of range");
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    value.forEach((item, n) => found.push(...problemsOf(item, schema.items!, schemas, `${at}[${n}]`)));
  }
  if (isOf("object", value) && (schema.type === "object" || schema.properties !== undefined)) {
    found.push(...objectProblems(value as Record<string, unknown>, schema, schemas, at));
  }
  return found;
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default: {
      const found: string = typeof value;
      return found === type;
    }
  }
}

function textProblems(value: string, schema: Schema, at: string): string[] {
  const found = [];
  if (value.length < (schema.minLength ?? 0)) found.push(`${at}: is too short`);
  if (value.length > (schema.maxLength ?? Infinity)) found.push(`${at}: is too long`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
    found.push(`${at}: does not match ${schema.pattern}`);
  }
  if (schema.format === "date-time" && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) {
    found.push(`${at}: is no time in UTC`);
  }
  return found;
}

function objectProblems(
  value: Record<string, unknown>,
  schema: Schema,
  schemas: Schemas,
  at: string,
): string[] {
  const { properties = {}, required = [], additionalProperties: more } = schema;
  const found = required.filter((name) => !(name in value)).map((name) => `${at}.${name}: is missing`);
  for (const [name, item] of Object.entries(value)) {
    if (name in properties) found.push(...problemsOf(item, properties[name], schemas, `${at}.${name}`));
    else if (typeof more === "object") found.push(...problemsOf(item, more, schemas, `${at}.${name}`));
    else if (more !== true) found.push(`${at}.${name}: is not described`);
  }
  return found;
}
