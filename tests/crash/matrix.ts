/** All crashes, a few at a time, and their table. */

import { type Failpoint, FAILPOINTS } from "../../src/failpoint.ts";
import { crashAt, type CrashRow } from "./crash_point.ts";

/** Each is mostly waiting for processes to start and to end. */
const AT_ONCE = 3;

/** One row per point, in the order of the points. A crash that did not take place is a row that says so. */
export async function crashMatrix(points: readonly Failpoint[]): Promise<CrashRow[]> {
  const rows = new Map<Failpoint, CrashRow>();
  const waiting = [...points];
  async function work(): Promise<void> {
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      rows.set(point, await crashOrSay(point));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return points.map((point) => rows.get(point)!);
}

async function crashOrSay(point: Failpoint): Promise<CrashRow> {
  try {
    return await crashAt(point);
  } catch (error) {
    const broken = [error instanceof Error ? error.stack ?? error.message : String(error)];
    return { point, outcomes: [], starts: 0, gone_ms: NaN, recovered_ms: NaN, broken };
  }
}

/** The matrix in Markdown. */
export function matrixTable(rows: readonly CrashRow[]): string {
  return [
    "| Killed when | Runs ended | Agent starts | All its processes gone after | In review after |",
    "|---|---|---|---|---|",
    ...rows.map(({ point, outcomes, starts, gone_ms, recovered_ms, broken }) =>
      `| ${FAILPOINTS[point]} (\`${point}\`) | ${broken.length > 0 ? "**BROKEN**" : outcomes.join(", ")} ` +
      `| ${starts} | ${Math.round(gone_ms)} ms | ${(recovered_ms / 1000).toFixed(1)} s |`
    ),
  ].join("\n");
}
