/** Rows of measurements, their table and their JSON. */

export interface Row {
  /** What was measured. */
  what: string;
  /** With its unit, for people. */
  measured: string;
  /** What bounds it on this machine, measured in the same run; empty when the target is absolute. */
  ceiling: string;
  /** Measured ÷ ceiling, `null` when there is no ceiling. */
  ratio: number | null;
  /** The target in words. */
  must: string;
  ok: boolean;
  /** The numbers behind it. */
  numbers: Record<string, number>;
}

export type Print = (line: string) => void;

export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

/** A throughput compared with a ceiling: good is `ratio ≥ at_least`. */
export function throughputRow(
  what: string,
  per_second: number,
  ceiling: number,
  at_least: number,
  note = "",
): Row {
  const ratio = per_second / ceiling;
  return {
    what,
    measured: `${Math.round(per_second)}/s`,
    ceiling: `${Math.round(ceiling)}/s${note === "" ? "" : ` (${note})`}`,
    ratio,
    must: `≥ ${at_least} ×`,
    ok: ratio >= at_least,
    numbers: { per_second, ceiling_per_second: ceiling },
  };
}

/** A throughput with an absolute target. */
export function rateRow(what: string, per_second: number, at_least: number, ceiling?: number): Row {
  return {
    what,
    measured: `${Math.round(per_second)}/s`,
    ceiling: ceiling === undefined ? "" : `${Math.round(ceiling)}/s`,
    ratio: ceiling === undefined ? null : per_second / ceiling,
    must: `≥ ${at_least}/s`,
    ok: per_second >= at_least,
    numbers: { per_second, ...ceiling === undefined ? {} : { ceiling_per_second: ceiling } },
  };
}

/** An amount (time, memory) with an absolute target. */
export function amountRow(
  what: string,
  amount: number,
  unit: string,
  at_most: number,
  ceiling?: number,
): Row {
  const show = (value: number) =>
    `${value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
  return {
    what,
    measured: show(amount),
    ceiling: ceiling === undefined ? "" : show(ceiling),
    ratio: ceiling === undefined ? null : amount / ceiling,
    must: `≤ ${at_most} ${unit}`,
    ok: amount <= at_most,
    numbers: { amount, ...ceiling === undefined ? {} : { ceiling } },
  };
}

/** An amount that may be so many times the one it is compared with. */
export function factorRow(what: string, amount: number, base: number, unit: string, at_most: number): Row {
  return {
    ...amountRow(what, amount, unit, Infinity, base),
    must: `≤ ${at_most} ×`,
    ok: amount / base <= at_most,
  };
}

/** The value below which `share` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("No values were measured");
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The rows as a table in Markdown. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, measured, ceiling, ratio, must, ok }) => [
    what,
    measured,
    ceiling,
    ratio === null ? "" : `${ratio.toPrecision(2)} ×`,
    must,
    ok ? "ok" : "miss",
  ]);
  const all = [["what", "measured", "ceiling", "ratio", "must", ""], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(all[0]), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...cells.map(line)]
    .join("\n");
}
