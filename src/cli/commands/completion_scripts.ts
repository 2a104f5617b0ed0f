/** Completion scripts for bash, zsh and fish, written from what the commands take. */

export const SHELLS = ["bash", "zsh", "fish"] as const;

export interface CompletionFlag {
  /** `-f` and `--follow` */
  names: readonly string[];
  meaning: string;
  /** The words that may follow; empty where it is none of a few. */
  values: readonly string[];
  takes: "nothing" | "text" | "path";
}

export interface Completion {
  /** One word, or a group and its member. */
  name: string;
  summary: string;
  /** For each argument the words that it may be. */
  arguments: readonly (readonly string[])[];
  flags: readonly CompletionFlag[];
}

export function completionScript(shell: string, commands: readonly Completion[]): string {
  if (shell === "bash") return bash(commands);
  return shell === "zsh" ? zsh(commands) : fish(commands);
}

/** The first words, with what they do; a group tells of its members. */
function firstWords(commands: readonly Completion[]): [word: string, meaning: string][] {
  const words = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [first, second] = name.split(" ");
    words.set(
      first,
      second === undefined ? summary : `${words.get(first) ?? `Commands: ${first}`} ${second}`,
    );
  }
  return [...words];
}

/** The groups: first word → members. */
function groups(commands: readonly Completion[]): Map<string, Completion[]> {
  const found = new Map<string, Completion[]>();
  for (const command of commands) {
    const [first, second] = command.name.split(" ");
    if (second !== undefined) found.set(first, [...found.get(first) ?? [], command]);
  }
  return found;
}

function member(name: string): string {
  return name.split(" ")[1];
}

/** A word of the shell that stands for the text, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function flagNames(flags: readonly CompletionFlag[]): string[] {
  return [...flags.flatMap(({ names }) => names), "--help"];
}

function bash(commands: readonly Completion[]): string {
  const values = (flags: readonly CompletionFlag[]) =>
    flags.filter(({ takes }) => takes !== "nothing").map(({ names, values, takes }) =>
      `        ${names.join("|")}) ${
        takes === "path" ? "_autopilot_files" : `_autopilot_words ${quoted(values.join(" "))}`
      }; return ;;`
    );
  const cases = commands.map(({ name, flags, arguments: args }) => {
    const width = name.split(" ").length;
    return [
      `    ${quoted(name)})`,
      '      case "$previous" in',
      ...values(flags),
      "      esac",
      `      if [[ $current == -* ]]; then _autopilot_words ${
        quoted(flagNames(flags).join(" "))
      }; return; fi`,
      ...args.map((words, index) =>
        `      [[ $COMP_CWORD -eq ${width + 1 + index} ]] && _autopilot_words ${quoted(words.join(" "))}`
      ),
      "      ;;",
    ].join("\n");
  });
  const members = [...groups(commands)].map(([group, all]) =>
    `    ${quoted(group)}) _autopilot_words ${
      quoted(all.map(({ name }) => member(name)).join(" "))
    }; return ;;`
  );
  const singles = commands.filter(({ name }) => !name.includes(" ")).map(({ name }) => quoted(name));
  return `# bash completion of autopilot
_autopilot_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_autopilot_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
_autopilot() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} name=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 && $current != -* ]]; then
    _autopilot_words ${quoted(firstWords(commands).map(([word]) => word).join(" "))}
    return
  fi
  [[ $COMP_CWORD -eq 2 ]] && case "$name" in
${members.join("\n")}
  esac
  case "$name" in
    ${singles.join("|")}) ;;
    -*) name=serve ;;
    *) name="$name \${COMP_WORDS[2]}" ;;
  esac
  case "$name" in
${cases.join("\n")}
  esac
}
complete -F _autopilot autopilot
`;
}

function zsh(commands: readonly Completion[]): string {
  // Within _arguments' specifications these have a meaning of their own.
  const meaning = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const spec = ({ names, meaning: text, values, takes }: CompletionFlag) => {
    const value = takes === "nothing"
      ? ""
      : takes === "path"
      ? ":path:_files"
      : `:value:${values.length === 0 ? "" : `(${values.join(" ")})`}`;
    return names.map((name) => quoted(`${name}[${meaning(text)}]${value}`)).join(" ");
  };
  const described = (words: [string, string][]) =>
    words.map(([word, text]) => quoted(`${word}:${text}`)).join(" ");
  const cases = commands.map(({ name, flags, arguments: args }) => {
    const specs = [
      ...flags.map(spec),
      quoted("--help[Print help]"),
      ...args.map((words, index) =>
        quoted(`${index + 1}:argument:${words.length === 0 ? "" : `(${words.join(" ")})`}`)
      ),
    ];
    return `    ${quoted(name)}) _arguments ${specs.join(" ")} ;;`;
  });
  const members = [...groups(commands)].map(([group, all]) =>
    `      ${group}) list=(${
      described(all.map(({ name, summary }) => [member(name), summary]))
    }); _describe command list; return ;;`
  );
  const singles = commands.filter(({ name }) => !name.includes(" ")).map(({ name }) => quoted(name));
  return `#compdef autopilot
_autopilot() {
  local -a list
  local name=$words[2] width=1
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    list=(${described(firstWords(commands))})
    _describe command list
    return
  fi
  if (( CURRENT == 3 )); then
    case $name in
${members.join("\n")}
    esac
  fi
  case $name in
    ${singles.join("|")}) ;;
    -*) name=serve width=0 ;;
    *) name="$name $words[3]" width=2 ;;
  esac
  shift $width words
  (( CURRENT -= width ))
  case $name in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _autopilot ]]; then _autopilot "$@"; else compdef _autopilot autopilot; fi
`;
}

function fish(commands: readonly Completion[]): string {
  const lines = ["# fish completion of autopilot", "complete -c autopilot -f"];
  const add = (condition: string, rest: string) =>
    lines.push(`complete -c autopilot -n ${quoted(condition)} ${rest}`);
  for (const [word, meaning] of firstWords(commands)) {
    add("__fish_use_subcommand", `-a ${quoted(word)} -d ${quoted(meaning)}`);
  }
  for (const [group, all] of groups(commands)) {
    const names = all.map(({ name }) => member(name)).join(" ");
    for (const { name, summary } of all) {
      add(
        `__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${names}`,
        `-a ${quoted(member(name))} -d ${quoted(summary)}`,
      );
    }
  }
  const others = firstWords(commands).map(([word]) => word).filter((word) => word !== "serve");
  for (const { name, flags, arguments: args } of commands) {
    // Without a command it is this one.
    const here = name === "serve"
      ? `not __fish_seen_subcommand_from ${others.join(" ")}`
      : name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    for (const { names, meaning, values, takes } of flags) {
      const words = names.map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`
      );
      const value = takes === "nothing" ? "" : takes === "path" ? " -r -F" : " -x";
      const choice = values.length === 0 ? "" : ` -a ${quoted(values.join(" "))}`;
      add(here, `${words.join(" ")}${value}${choice} -d ${quoted(meaning)}`);
    }
    for (const words of args) if (words.length > 0) add(here, `-a ${quoted(words.join(" "))}`);
  }
  return lines.join("\n") + "\n";
}
