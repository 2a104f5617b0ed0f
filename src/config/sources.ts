/** Where the values of options come from, by their names alone: flags, environment, options file, files of secrets. */

import { nearest } from "../options.ts";

/** An option that is unknown or has a value that can't be used. The message names it and says what would do. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Values as texts, keyed by the option's name (flags) or by the variable's (environment, file). */
export interface ConfigSources {
  flags: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string>>;
  file: { path: string; values: Readonly<Record<string, string>> } | null;
  /** What the files hold that `AUTOPILOT_<secret>_FILE` names, by that path. */
  secrets?: ReadonlyMap<string, string>;
}

/** Added to the name of a secret option: the file that holds its value. */
const FILE_SUFFIX = "_file";

const ENV_PREFIX = "AUTOPILOT_";

/** `poll_seconds` → `AUTOPILOT_POLL_SECONDS` */
export function envNameOf(name: string): string {
  return ENV_PREFIX + name.toUpperCase();
}

/** `poll_seconds` → `--poll-seconds` */
export function flagNameOf(name: string): string {
  return "--" + name.replaceAll("_", "-");
}

/** The variable of the file that holds a secret. */
export function fileEnvNameOf(name: string): string {
  return envNameOf(`${name}${FILE_SUFFIX}`);
}

export interface Found {
  value: string;
  /** Where it stands, as messages name it. */
  label: string;
}

/** What the most important source says that says anything. @throws {ConfigError} for a secret given in two ways */
export function lookUp(name: string, secret: boolean, sources: ConfigSources): Found | null {
  for (const source of levels(sources)) {
    const plain = source.find(name);
    const path = secret ? source.find(`${name}${FILE_SUFFIX}`) : null;
    if (plain !== null && path !== null) {
      throw new ConfigError(`${plain.label} and ${path.label} are both set: one of them is enough`);
    }
    if (plain !== null) return plain;
    if (path !== null) return fromFile(path, sources.secrets);
  }
  return null;
}

/** The sources, most important first. An empty variable counts as not set, as in shells and compose files. */
function levels({ flags, env, file }: ConfigSources): { find(name: string): Found | null }[] {
  const variables = (values: Readonly<Record<string, string>>, where: string) => ({
    find: (name: string) => {
      const variable = ENV_PREFIX + name.toUpperCase();
      return values[variable] ? { value: values[variable], label: variable + where } : null;
    },
  });
  return [
    { find: (name) => flags[name] === undefined ? null : { value: flags[name], label: flagNameOf(name) } },
    variables(env, ""),
    ...(file === null ? [] : [variables(file.values, ` in ${file.path}`)]),
  ];
}

function fromFile(path: Found, secrets: ConfigSources["secrets"]): Found {
  const value = secrets?.get(path.value);
  if (value === undefined) {
    throw new ConfigError(`${path.label} = ${JSON.stringify(path.value)}: this file was not read`);
  }
  return { value, label: `${path.label} (${path.value})` };
}

/** The files that hold secrets, as the sources name them. */
export function secretFilesOf(secret_names: readonly string[], sources: ConfigSources): Found[] {
  const names = secret_names.map((name) => `${name}${FILE_SUFFIX}`);
  return levels(sources).flatMap((source) => names.flatMap((name) => source.find(name) ?? []));
}

/** @throws {ConfigError} for a variable of ours that is no option, in the environment or the file */
export function refuseUnknown(known: readonly string[], { env, file }: ConfigSources): void {
  refuse(Object.keys(env).filter((name) => name.startsWith(ENV_PREFIX)), known, "The environment");
  if (file !== null) refuse(Object.keys(file.values), known, `The file ${file.path}`);
}

function refuse(names: string[], known: readonly string[], where: string): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    throw new ConfigError(
      `${where} sets ${name}, which is no option of Autopilot` +
        (guess === null ? ": autopilot serve --help lists them all" : `: did you mean ${guess}?`),
    );
  }
}
