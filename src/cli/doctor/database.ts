/** The database, and the clock as its events see it. */

import { type Config, hideSecrets } from "../../config.ts";
import { messageOfError } from "../../domain/errors.ts";
import { diagnose, type Diagnosis } from "../../store/diagnose.ts";
import type { Build } from "../command.ts";
import { sizeText } from "../local_data.ts";
import { type Deadline, type Finding, finding, ok } from "./finding.ts";

/** Events from so far in the future mean that a clock is wrong, in milliseconds. */
const FUTURE_MS = 60_000;

export async function checkDatabase(
  { config, build, deadline, thorough }: {
    config: Config;
    build: Build;
    deadline: Deadline;
    thorough: boolean;
  },
): Promise<Finding[]> {
  const url = hideSecrets(config.database_url);
  let found: Diagnosis;
  try {
    found = await diagnose(config.database_url, { thorough, timeout_ms: deadline.limits(0.6).timeout_ms });
  } catch (error) {
    const mend = config.database_url.startsWith("sqlite:")
      ? "Start Autopilot as the file's owner, or set AUTOPILOT_DATABASE_URL"
      : "See that PostgreSQL runs there and takes this login, or set AUTOPILOT_DATABASE_URL";
    return [
      finding("database", "error", `${url} can't be opened: ${messageOfError(error)}`, mend),
      clock(build, ""),
    ];
  }
  return [content(url, found), ...schema(found), clock(build, found.last_event_at)];
}

function content(url: string, found: Diagnosis): Finding {
  if (found.damage.length > 0) {
    const mend =
      "autopilot restore <backup> brings the last backup back; copies from before migrations lie beside it";
    return finding("database", "error", `${url} is damaged: ${found.damage.join("; ")}`, mend);
  }
  if (!found.exists) return ok("database", `${url} is made by the first start`);
  if (found.writable === "busy") {
    const mend = "Ask again; if it stays so, end the program that holds it (fuser names it)";
    return finding("database", "warning", `${url} is being written by another program`, mend);
  }
  if (found.writable !== "yes") {
    const mend = "Give this user the right to write it";
    return finding("database", "error", `${url} can't be written: ${found.writable}`, mend);
  }
  if (!found.complete && found.bytes > 0) {
    const size = sizeText(found.bytes);
    return finding(
      "database",
      "note",
      `${url} can be written; its ${size} were not looked through`,
      "autopilot doctor --thorough does",
    );
  }
  return ok("database", `${url} can be written${found.complete ? ", nothing in it is damaged" : ""}`);
}

function schema({ exists, lacking, unknown }: Diagnosis): Finding[] {
  if (unknown.length > 0) {
    const found = `The database is of a newer version of Autopilot (${unknown.join(", ")})`;
    return [finding("migrations", "error", found, "Start the version that wrote it, or a later one")];
  }
  if (!exists) return [];
  if (lacking.length === 0) return [ok("migrations", "The database has this version's schema")];
  return [
    finding(
      "migrations",
      "note",
      `The next start brings the database up to date (${
        lacking.join(", ")
      }) and keeps a copy of an SQLite file`,
      "autopilot migrate does it now",
    ),
  ];
}

function clock({ built_at }: Build, last_event_at: string): Finding {
  const now = Date.now();
  const mend = "Let the system set it: timedatectl set-ntp true";
  const ahead = (time: string) => time !== "" && Date.parse(time) > now + FUTURE_MS;
  const shown = new Date(now).toISOString();
  if (ahead(built_at)) {
    return finding(
      "clock",
      "error",
      `The clock says ${shown}, but this program was built at ${built_at}`,
      mend,
    );
  }
  if (ahead(last_event_at)) {
    const found = `The clock says ${shown}, but the board's last event is of ${last_event_at}`;
    return finding("clock", "error", found, mend);
  }
  return ok("clock", `The clock says ${shown}`);
}
