/** How each command of README.md and docs/ is run in the test. A command that is not listed here fails it. */

export type Recipe =
  | {
    /** Replacements before it runs; `$HOME` is the test's own. */
    as?: readonly (readonly [from: string, to: string])[];
    /** Exit codes that are right. Default: 0. */
    codes?: readonly number[];
    /** What it must print. */
    out?: RegExp;
    /** It goes on until it is interrupted, which happens when it has printed this. */
    until?: RegExp;
    /** It is not interrupted: the commands that follow work with it. */
    keep?: true;
    /** It calls the real Claude Code; where there is none its syntax is all that is checked. */
    real_claude?: true;
    /** What is kept is stopped before, and started again afterwards. */
    stopped?: true;
  }
  /** Why it can't run here; its syntax is checked all the same. */
  | { not_run: string };

/** Everywhere, in every command. `<port>` is a free one. */
export const EVERYWHERE: readonly (readonly [from: string, to: string])[] = [
  // The same Deno as the tests' own, as another test compares: there is no npm registry on a test machine.
  ["npx --yes deno@2.9.6", "deno"],
  ["127.0.0.1:8787", "127.0.0.1:<port>"],
];

const READY = /^Autopilot \S+ is ready: /m;
const EMPTY_BOARD = "--data $HOME/empty";

export const RECIPES: Readonly<Record<string, Recipe>> = {
  // README: start
  "npx --yes deno@2.9.6 task dev": { until: READY },
  "npx --yes deno@2.9.6 task test": { as: [["test", "test tests/domain/address_test.ts"]], out: /0 failed/ },
  "deno task dev demo": { until: READY, out: /^DEMO: /m },
  "export ANTHROPIC_API_KEY=…": { as: [["…", "sk-ant-of-a-test"]] },
  "deno task dev doctor --runner --workdir ~/code/my-project": { codes: [0, 1], out: /Claude Code|claude/ },
  "deno task dev --runner --workdir ~/code/my-project": { until: READY, keep: true },
  "sudo apt-get install git bubblewrap": {
    not_run: "it changes the machine; .ci/run installs the same packages",
  },
  "npm install -g @anthropic-ai/claude-code": {
    not_run: "it changes the machine; .ci/run installs the same package",
  },

  // README: the command line
  "export AUTOPILOT_TOKEN=$(autopilot token mint me)": {},
  'autopilot issue new "Add a --json flag" --ready': { out: /^#1 +ready +Add a --json flag$/m },
  "autopilot issue watch 1 --until in_review,blocked": { out: /in_progress → in_review/ },
  "autopilot": { as: [["autopilot", "autopilot --port 0"]], until: READY },
  "autopilot init": { as: [["init", "init --yes --data $HOME/init"]], out: /^Wrote / },
  "autopilot runner --workdir ~/project": { until: /^Autopilot \S+ works in /m },
  "autopilot issue list --status blocked,in_review": { out: /^#1 +in_review/m },
  "autopilot issue show 12": { as: [["12", "1"]], out: /autopilot\/1-add-a-json-flag/ },
  "autopilot logs 12 -f": { as: [["12", "1"]], out: /result +All of it is done/ },
  "autopilot agents": { out: /autopilot-/ },
  "autopilot config": { out: /^AUTOPILOT_POLL_SECONDS/m },
  "autopilot completions bash": { out: /complete/ },
  [
    "curl -H \"authorization: Bearer $AUTOPILOT_TOKEN\" -H 'content-type: application/json' " +
    `-d '{"title": "Add a --json flag", "status": "ready"}' http://127.0.0.1:8787/api/autopilot/issues`
  ]: { as: [["curl", "curl -sS --fail"]], out: /"number":2/ },

  "claude mcp add autopilot -e AUTOPILOT_TOKEN=$AUTOPILOT_TOKEN -- autopilot mcp": {
    real_claude: true,
    out: /^Added stdio MCP server autopilot /m,
  },

  // docs/mcp.md
  "claude mcp add autopilot -e AUTOPILOT_TOKEN=$(autopilot token mint laptop --scope member) -- autopilot mcp":
    {
      real_claude: true,
      out: /^Added stdio MCP server autopilot /m,
    },
  [
    "claude mcp add --transport http autopilot http://127.0.0.1:8787/mcp " +
    '--header "Authorization: Bearer $AUTOPILOT_TOKEN"'
  ]: { real_claude: true, out: /^Added HTTP MCP server autopilot /m },

  // README: backup; docs/data.md
  "autopilot backup board.tar": {},
  "autopilot restore --check board.tar": { out: /is whole/ },
  "autopilot restore board.tar": { out: /^Restored the board of /, stopped: true },
  "autopilot import --github acme/app": { out: /of github:acme\/app/ },
  "autopilot export board.tar": {},
  "autopilot import board.tar": { as: [["board.tar", `board.tar ${EMPTY_BOARD}`]] },
  "autopilot import --vibe-kanban ./vibe-kanban-export": {
    as: [["./vibe-kanban-export", "$HOME/vibe-kanban-export"]],
    out: /1 issue/,
  },

  // docs/operation.md; tests/deploy_test.ts reads the files that these install
  ...notRun("it is of a release, which tests/deploy_test.ts makes and checks", [
    "sha256sum --check --ignore-missing SHA256SUMS",
  ]),
  ...notRun("it changes the machine", [
    "sudo useradd --system --home-dir /var/lib/autopilot --shell /usr/sbin/nologin autopilot",
    "sudo install -m 0755 autopilot-linux-x64 /usr/local/bin/autopilot",
    "sudo install -m 0644 deploy/autopilot.service /etc/systemd/system/autopilot.service",
    "sudo install -m 0600 autopilot.env.example /etc/autopilot.env",
    "sudo systemctl enable --now autopilot",
    "sudo journalctl --unit autopilot --grep 'Log in'",
  ]),
  ...notRun("it takes a minute; .ci/run makes an executable", ["deno task compile --target linux-x64"]),
  ...notRun("there is no Docker daemon on a test machine", [
    "docker build -f deploy/Dockerfile -t autopilot .",
    "docker run -d --init --name autopilot -p 127.0.0.1:8787:8787 -v autopilot:/data autopilot",
    "docker logs autopilot",
    "docker run -d --init --name autopilot -p 127.0.0.1:8787:8787 -v autopilot:/data -v /srv/project:/project " +
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined " +
    "-e ANTHROPIC_API_KEY autopilot serve --runner",
  ]),
};

function notRun(not_run: string, commands: readonly string[]): Record<string, Recipe> {
  return Object.fromEntries(commands.map((command) => [command, { not_run }]));
}

/** Blocks that are no commands: which test reads them from the page, and holds what they say. */
export const OTHERS: readonly { page: string; language: string; begins: string; test: string }[] = [
  {
    page: "docs/operation.md",
    language: "env",
    begins: "AUTOPILOT_ORIGINS",
    test: "tests/support/proxies.ts",
  },
  { page: "docs/operation.md", language: "nginx", begins: "map", test: "tests/support/proxies.ts" },
  { page: "docs/operation.md", language: "caddyfile", begins: "board", test: "tests/support/proxies.ts" },
];
