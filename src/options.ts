/** The kinds of options that config.ts' table is made of. Parsing is pure; a value that can't be used throws. */

import { resolve } from "node:path";

export { nearest } from "./domain/nearest.ts";

/** What defaults and relative paths depend on. Everything that the options know of the machine comes in here. */
export interface Machine {
  hostname: string;
  /** Absolute. Relative paths in options start here. */
  cwd: string;
  /** The folder in which programs of this user keep their data; `null` when the system names none. */
  data_home: string | null;
}

export interface Option<T> {
  /** One line for `--help` and README, in Markdown. */
  readonly meaning: string;
  /** The default as README shows it, in Markdown. */
  readonly shown: string;
  /** What stands for the value in `--help`; empty for an option that is switched on by its name alone. */
  readonly placeholder: string;
  /** True when the value may hold a password: messages and logs leave it out. */
  readonly secret: boolean;
  /** @throws {OptionValueError} */
  parse(value: string, machine: Machine): T;
  /** The default. `data` is the parsed data folder. @throws {OptionValueError} when the machine gives none. */
  fallback(machine: Machine, data: string): T;
}

/** Why a value can't be used; the caller adds which option it was. */
export class OptionValueError extends Error {
  override name = "OptionValueError";
}

/** Says what is wrong with a value, `null` when nothing is. */
type Check = (value: string) => string | null;

interface Extras {
  shown?: string;
  secret?: boolean;
  check?: Check;
}

/** Any text. A default may be computed from the machine and the data folder. */
export function text(
  fallback: string | ((machine: Machine, data: string) => string),
  meaning: string,
  { shown, secret = false, check }: Extras = {},
): Option<string> {
  return {
    meaning,
    secret,
    shown: shown ?? `\`${fallback}\``,
    placeholder: "<text>",
    parse: (value) => checked(value, check),
    fallback: (machine, data) => typeof fallback === "string" ? fallback : fallback(machine, data),
  };
}

/** A path, made absolute from the working directory. */
export function path(
  fallback: (machine: Machine) => string,
  meaning: string,
  { shown = "", check }: Extras = {},
): Option<string> {
  return {
    meaning,
    shown,
    secret: false,
    placeholder: "<path>",
    parse: (value, machine) => {
      if (value.includes("\0")) throw new OptionValueError("a path can't hold a NUL character");
      return resolve(machine.cwd, checked(value, check));
    },
    fallback,
  };
}

/** A number within bounds. */
export function number(
  fallback: number,
  meaning: string,
  bounds: { min: number; max: number },
): Option<number> {
  return {
    meaning,
    shown: `\`${fallback}\``,
    secret: false,
    placeholder: "<number>",
    parse: (value) => {
      const parsed = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : NaN;
      if (!(parsed >= bounds.min && parsed <= bounds.max)) {
        throw new OptionValueError(`a number from ${bounds.min} to ${bounds.max} is needed`);
      }
      return parsed;
    },
    fallback: () => fallback,
  };
}

/** A whole number within bounds. */
export function integer(
  fallback: number,
  meaning: string,
  bounds: { min: number; max: number },
): Option<number> {
  const base = number(fallback, meaning, bounds);
  return {
    ...base,
    parse: (value, machine) => {
      const parsed = base.parse(value, machine);
      if (!Number.isInteger(parsed)) throw new OptionValueError("a whole number is needed");
      return parsed;
    },
  };
}

const YES = ["1", "true", "on", "yes"];
const NO = ["0", "false", "off", "no"];

/** A switch, off by default. */
export function flag(meaning: string): Option<boolean> {
  return {
    meaning,
    shown: "off",
    secret: false,
    placeholder: "",
    parse: (value) => {
      const word = value.trim().toLowerCase();
      if (YES.includes(word)) return true;
      if (NO.includes(word)) return false;
      throw new OptionValueError(`one of ${[...YES, ...NO].join(", ")} is needed`);
    },
    fallback: () => false,
  };
}

/** One of a few words. */
export function choice<const Word extends string>(
  words: readonly Word[],
  fallback: NoInfer<Word>,
  meaning: string,
): Option<Word> {
  return {
    meaning,
    shown: `\`${fallback}\``,
    secret: false,
    placeholder: `<${words.join("|")}>`,
    parse: (value) => {
      const found = words.find((word) => word === value.trim().toLowerCase());
      if (found !== undefined) return found;
      throw new OptionValueError(
        words.length === 1 ? `only ${words[0]} is known` : `one of ${words.join(", ")} is needed`,
      );
    },
    fallback: () => fallback,
  };
}

/** Texts separated by commas; blanks around them do not count. */
export function list(
  meaning: string,
  { check, shown = "none" }: { check: Check; shown?: string },
): Option<readonly string[]> {
  return {
    meaning,
    shown,
    secret: false,
    placeholder: "<a,b,…>",
    parse: (value) => {
      const parts = value.split(",").map((part) => part.trim()).filter((part) => part !== "");
      return Object.freeze(parts.map((part) => checked(part, check)));
    },
    fallback: () => Object.freeze([]),
  };
}

function checked(value: string, check?: Check): string {
  const problem = check?.(value) ?? null;
  if (problem !== null) throw new OptionValueError(problem);
  return value;
}
