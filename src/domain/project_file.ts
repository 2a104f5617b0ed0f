/**
 * The project's own file, `autopilot.json`: how its repository is set up and checked, and how agents shall work in
 * it. It is hostile input like everything in a repository: profile.ts says what of it counts beside the operator's
 * options.
 */

import { nearest } from "./nearest.ts";

/** Its place in the repository. */
export const PROJECT_FILE = "autopilot.json";
/** Longest file in bytes. */
export const MAX_PROJECT_FILE = 64 * 1024;

/** What the file says; a key that it leaves out is left out here. */
export interface ProjectFile {
  /** Shell command before the agent. */
  setup?: string;
  /** Shell command after the agent. */
  check?: string;
  /** How often a failing check goes back to the agent. */
  check_rounds?: number;
  /** Files of the user's checkout to bring into the workspace: paths relative to the repository's root. */
  copy?: string[];
  limits?: ProjectLimits;
  model?: string;
  /** Names of the only tools that the agent gets. */
  allowed_tools?: string[];
  /** Said to each agent beside the issue. */
  extra_prompt?: string;
}

export interface ProjectLimits {
  run_minutes?: number;
  silence_minutes?: number;
  max_turns?: number;
  max_usd_per_run?: number;
}

/** The file can't be used. The message names each key, what was found and what is allowed. */
export class ProjectFileError extends Error {
  override name = "ProjectFileError";
}

/** Answers the value to use, or says by `Wrong` what is needed instead. */
type Rule<T> = (value: unknown, key: string) => T;

/** What is wrong with one value. */
class Wrong extends Error {}

const MAX_COMMAND = 10_000;
const MAX_PROMPT = 20_000;
const MAX_LIST = 100;

const LIMITS: { [Key in keyof ProjectLimits]-?: Rule<number> } = {
  run_minutes: number({ min: 0.05, max: 10_080 }),
  silence_minutes: number({ min: 0.05, max: 10_080 }),
  max_turns: number({ min: 1, max: 100_000, whole: true }),
  max_usd_per_run: number({ min: 0.01, max: 100_000 }),
};

const KEYS: { [Key in keyof ProjectFile]-?: Rule<NonNullable<ProjectFile[Key]>> } = {
  setup: text({ max: MAX_COMMAND }),
  check: text({ max: MAX_COMMAND }),
  check_rounds: number({ min: 0, max: 10, whole: true }),
  copy: list(copyPath),
  limits: (value, key) => object<ProjectLimits>(value, LIMITS, key),
  model: text({ max: 200, like: /^[A-Za-z0-9][\w.:/@[\]-]*$/, example: "a name of a model" }),
  allowed_tools: list(
    text({ max: 200, like: /^[A-Za-z][A-Za-z0-9_]*$/, example: 'a name of a tool such as "Bash"' }),
    1,
  ),
  extra_prompt: text({ max: MAX_PROMPT }),
};

/**
 * Parses the file's text.
 *
 * @throws {ProjectFileError} naming everything that is wrong
 */
export function parseProjectFile(content: string): ProjectFile {
  let value: unknown;
  try {
    value = JSON.parse(content.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new ProjectFileError(
      `${PROJECT_FILE} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const problems: string[] = [];
  try {
    const file = object<ProjectFile>(value, KEYS, "", problems);
    if (problems.length === 0) return file;
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    problems.push(error.message);
  }
  throw new ProjectFileError(`${PROJECT_FILE} can't be used: ${problems.slice(0, 20).join("; ")}`);
}

/** Reads the known keys; with `problems` it goes on to the end and adds to them, else the first one ends it. */
function object<T>(
  value: unknown,
  keys: { [Key in keyof T]-?: Rule<NonNullable<T[Key]>> },
  path: string,
  problems?: string[],
): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Wrong(`${path === "" ? "it" : quoted(path)} must be an object, but is ${kindOf(value)}`);
  }
  const known = Object.keys(keys);
  const found: Partial<T> = {};
  for (const [key, content] of Object.entries(value)) {
    try {
      if (!known.includes(key)) throw new Wrong(unknownKey(key, known, path));
      const name = key as keyof T & string;
      found[name] = keys[name](content, path === "" ? key : `${path}.${key}`);
    } catch (error) {
      if (!(error instanceof Wrong) || problems === undefined) throw error;
      problems.push(error.message);
    }
  }
  return found as T;
}

function unknownKey(key: string, known: string[], path: string): string {
  const guess = nearest(key, known);
  const meant = guess === null ? "" : `: did you mean ${quoted(guess)}?`;
  return `${quoted(path === "" ? key : `${path}.${key}`)} is no key of it${meant} (allowed are ${
    known.join(", ")
  })`;
}

function text({ max, like, example }: { max: number; like?: RegExp; example?: string }): Rule<string> {
  const wanted = example ?? `a text of 1 to ${max} characters`;
  return (value, key) => {
    if (
      typeof value !== "string" || value.trim() === "" || value.length > max || value.includes("\0") ||
      (like !== undefined && !like.test(value))
    ) throw mismatch(key, wanted, value);
    return value;
  };
}

function number({ min, max, whole = false }: { min: number; max: number; whole?: boolean }): Rule<number> {
  return (value, key) => {
    if (
      typeof value !== "number" || !(value >= min && value <= max) || (whole && !Number.isInteger(value))
    ) throw mismatch(key, `a ${whole ? "whole " : ""}number from ${min} to ${max}`, value);
    return value;
  };
}

function list<T>(rule: Rule<T>, least = 0): Rule<T[]> {
  return (value, key) => {
    if (!Array.isArray(value) || value.length > MAX_LIST || value.length < least) {
      throw mismatch(key, `a list of ${least} to ${MAX_LIST} texts`, value);
    }
    return value.map((item, index) => rule(item, `${key}[${index}]`));
  };
}

/** A path that stays in the repository and out of git's own files, on every file system. */
function copyPath(value: unknown, key: string): string {
  const wanted = 'a path of a file within the repository, such as "config/.env.test"';
  if (typeof value !== "string" || value.length > 500 || /[\p{Cc}\\:]/u.test(value)) {
    throw mismatch(key, wanted, value);
  }
  for (const part of value.split("/")) {
    // Trailing dots and blanks are dropped by some systems, which makes other names of these.
    const plain = part.toLowerCase().replace(/[. ]+$/, "");
    if (plain === "" || plain === ".git" || /^git~\d+$/.test(plain)) throw mismatch(key, wanted, value);
  }
  return value;
}

function mismatch(key: string, wanted: string, value: unknown): Wrong {
  return new Wrong(`${quoted(key)} must be ${wanted}, but is ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return value === "" ? "an empty text" : `the text ${quoted(value)}`;
  return `${typeof value === "number" ? "the number " : ""}${String(value)}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
