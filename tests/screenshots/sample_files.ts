/** The little project of the sample board, and what an agent made of it. */

export const BASE_FILES: Record<string, string> = {
  "README.md": "# Ledger\n\nInvoices for small shops.\n",
  "src/invoice.ts": `import { rate } from "./tax.ts";

export interface Line {
  text: string;
  amount: number;
  price_cents: number;
}

/** What the customer pays, in cents. */
export function total(lines: Line[], country: string): number {
  let sum = 0;
  for (const line of lines) {
    sum += line.amount * line.price_cents * (1 + rate(country));
  }
  return Math.round(sum);
}

export function format(cents: number): string {
  return "$" + cents / 100;
}
`,
  "src/tax.ts": `const RATES: Record<string, number> = { DE: 0.19, FR: 0.2, US: 0 };

export function rate(country: string): number {
  return RATES[country] ?? 0;
}
`,
};

export const CHANGED_FILES: Record<string, string> = {
  "src/invoice.ts": `import { rate } from "./tax.ts";

export interface Line {
  text: string;
  amount: number;
  price_cents: number;
}

/** What the customer pays, in cents. Each line is rounded, as it is printed. */
export function total(lines: Line[], country: string): number {
  return lines.reduce((sum, line) => sum + lineTotal(line, country), 0);
}

/** A line with its tax, in whole cents. */
export function lineTotal(line: Line, country: string): number {
  return Math.round(line.amount * line.price_cents * (1 + rate(country)));
}

export function format(cents: number, currency = "USD"): string {
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(cents / 100);
}
`,
  "tests/invoice_test.ts": `import assert from "node:assert/strict";
import { format, total } from "../src/invoice.ts";

Deno.test("total() is the sum of what the lines show", () => {
  const line = { text: "Pencil", amount: 3, price_cents: 33 };
  assert.equal(total([line, line], "DE"), 2 * 118);
});

Deno.test("format() writes cents with two places", () => {
  assert.equal(format(1050), "$10.50");
});
`,
};
