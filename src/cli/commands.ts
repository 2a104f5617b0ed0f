/** The commands, in the order of the help. A command's file is loaded when it is called. */

import type { CommandRow } from "./command.ts";
import { SERVE } from "./serve_row.ts";

export const COMMANDS: readonly CommandRow[] = [
  SERVE,
  {
    name: "runner",
    summary: "Let agents work, without a board or a port; the board is served by another process",
    load: async () => (await import("./commands/runner_command.ts")).command,
  },
  {
    name: "init",
    summary: "Ask a few questions and write the options file",
    load: async () => (await import("./commands/init.ts")).command,
  },
  {
    name: "doctor",
    summary: "Say what is missing or wrong here, and what mends it",
    load: async () => (await import("./commands/doctor.ts")).command,
  },
  {
    name: "demo",
    summary: "Show the whole loop in 30 seconds, with a script in the place of the agent",
    load: async () => (await import("./commands/demo.ts")).command,
  },
  {
    name: "login-link",
    summary: "Print a link that logs one browser in",
    load: async () => (await import("./commands/login_link.ts")).command,
  },
  {
    name: "token list",
    summary: "List tokens, sessions and login links",
    load: async () => (await import("./commands/token_list.ts")).command,
  },
  {
    name: "token mint",
    summary: "Make a token for a person, a program or a page",
    load: async () => (await import("./commands/token_mint.ts")).command,
  },
  {
    name: "token revoke",
    summary: "End a token, its sessions and its connections",
    load: async () => (await import("./commands/token_revoke.ts")).command,
  },
  {
    name: "issue new",
    summary: "File an issue",
    load: async () => (await import("./commands/issue_new.ts")).command,
  },
  {
    name: "issue list",
    summary: "List issues, newest first",
    load: async () => (await import("./commands/issue_list.ts")).command,
  },
  {
    name: "issue show",
    summary: "Show an issue with its thread and runs",
    load: async () => (await import("./commands/issue_show.ts")).command,
  },
  {
    name: "issue move",
    summary: "Move an issue to another column",
    load: async () => (await import("./commands/issue_move.ts")).command,
  },
  {
    name: "issue comment",
    summary: "Comment on an issue, or answer its question",
    load: async () => (await import("./commands/issue_comment.ts")).command,
  },
  {
    name: "issue watch",
    summary: "Watch what happens, or wait until an issue needs you",
    load: async () => (await import("./commands/issue_watch.ts")).command,
  },
  {
    name: "agents",
    summary: "Show who works, on what, since when",
    load: async () => (await import("./commands/agents.ts")).command,
  },
  {
    name: "logs",
    summary: "Print what a run's agent said and did, and follow it",
    load: async () => (await import("./commands/logs.ts")).command,
  },
  {
    name: "mcp",
    summary: "Give a coding agent in a terminal the board's tools, over standard input and output",
    load: async () => (await import("./commands/mcp.ts")).command,
  },
  {
    name: "config",
    summary: "Show every option, its value and where it comes from",
    load: async () => (await import("./commands/config_command.ts")).command,
  },
  {
    name: "openapi",
    summary: "Print the description of the server's API",
    load: async () => (await import("./commands/openapi.ts")).command,
  },
  {
    name: "backup",
    summary: "Write the whole board into one file, also while a server runs",
    load: async () => (await import("./commands/backup.ts")).command,
  },
  {
    name: "restore",
    summary: "Put a backup in the place of the board",
    load: async () => (await import("./commands/restore.ts")).command,
  },
  {
    name: "export",
    summary: "Write the whole board as JSON lines and files",
    load: async () => (await import("./commands/export.ts")).command,
  },
  {
    name: "import",
    summary: "Take in an export, or another tracker's issues",
    load: async () => (await import("./commands/import.ts")).command,
  },
  {
    name: "migrate",
    summary: "Bring the database to this version's schema",
    load: async () => (await import("./commands/migrate.ts")).command,
  },
  {
    name: "completions",
    summary: "Print what a shell needs to complete commands: bash, zsh or fish",
    load: async () => (await import("./commands/completions.ts")).command,
  },
  {
    name: "version",
    summary: "Show the version, the commit and the platform",
    load: async () => (await import("./commands/version.ts")).command,
  },
];
