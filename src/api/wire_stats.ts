/** Schema of the statistics. */

import { z } from "@hono/zod-openapi";
import { OUTCOMES } from "../domain/run.ts";
import { MAX_STATS_DAYS } from "../domain/stats.ts";

const time = z.iso.datetime().openapi({ description: "ISO-8601, UTC" });
const count = z.number().int().min(0);

const SpreadSchema = z.object({
  count,
  median_ms: count.nullable().openapi({ description: "Half took at most so long; null where count is 0" }),
  p90_ms: count.nullable().openapi({ description: "Nine of ten took at most so long (nearest rank)" }),
}).openapi("Spread");

const sums = { runs: count, cost_usd: z.number(), input_tokens: count, output_tokens: count };

const period = {
  done: count.openapi({
    description: "Issues that came to done and stood there at the day's end, or stand there now",
  }),
  cycle: SpreadSchema.openapi({
    description: "Of these, from the first time in ready (after a reopening: since then) to done",
  }),
  wait: SpreadSchema.openapi({
    description: "Stays in blocked or in_review, each by itself, by the day on which it ended",
  }),
  ...sums,
  outcomes: z.partialRecord(z.enum(OUTCOMES), count).openapi({
    additionalProperties: { type: "integer", minimum: 0 },
    type: "object",
    description: "Runs by how they ended, by the day on which they ended",
  }),
};

export const StatsSchema = z.object({
  time_zone: z.literal("UTC"),
  days: z.number().int().min(1).max(MAX_STATS_DAYS),
  from: time,
  until: time,
  per_day: z.array(z.object({ date: z.iso.date(), ...period })),
  total: z.object(period),
  queue: z.array(z.object({ at: time, ready: count, in_progress: count, waiting: count })).openapi({
    description: "How many issues stood in ready, in_progress, and blocked or in_review, at these moments",
  }),
  agents: z.array(z.object({ id: z.string(), ...sums })).openapi({
    description: "Who ran something in this time, the most expensive first, at most 100",
  }),
}).openapi("Stats");
