import assert from "node:assert/strict";
import type { Outcome } from "../../src/domain/run.ts";
import {
  announcedReset,
  fallbackPark,
  parkingsInARow,
  speaksOfUsageLimit,
} from "../../src/domain/usage_limit.ts";

// A Sunday.
const NOW = new Date("2026-11-22T12:00:00.000Z");

const RESETS: [text: string, at: string][] = [
  ["Claude AI usage limit reached|1795359600", "2026-11-22T15:00:00.000Z"],
  ["Claude AI usage limit reached|1795359600000", "2026-11-22T15:00:00.000Z"],
  ["5-hour limit reached ∙ resets 3pm", "2026-11-22T15:00:00.000Z"],
  ["You've hit your session limit · resets 3pm (UTC)", "2026-11-22T15:00:00.000Z"],
  ["You've hit your limit · resets 3pm (Europe/Berlin)", "2026-11-22T14:00:00.000Z"],
  ["You've hit your limit · resets 3:30pm (Europe/Berlin)", "2026-11-22T14:30:00.000Z"],
  ["Your limit will reset at 9am (America/New_York)", "2026-11-22T14:00:00.000Z"],
  ["resets 1pm (Asia/Tokyo)", "2026-11-23T04:00:00.000Z"],
  ["resets 12am (UTC)", "2026-11-23T00:00:00.000Z"],
  ["resets 12pm (UTC)", "2026-11-23T12:00:00.000Z"],
  ["resets at 11:59 a.m. (UTC)", "2026-11-23T11:59:00.000Z"],
  ["resets at 18:45", "2026-11-22T18:45:00.000Z"],
  ["Weekly limit reached · resets Nov 25, 3pm (Europe/Berlin)", "2026-11-25T14:00:00.000Z"],
  ["resets Nov 25 at 3:15pm (UTC)", "2026-11-25T15:15:00.000Z"],
  ["resets Monday at 3pm (UTC)", "2026-11-23T15:00:00.000Z"],
  ["resets Sun 11am (UTC)", "2026-11-29T11:00:00.000Z"],
  ["try again in 2 hours", "2026-11-22T14:00:00.000Z"],
  ["try again in 2 hours and 15 minutes", "2026-11-22T14:15:00.000Z"],
  ["resets in 1h 30m", "2026-11-22T13:30:00.000Z"],
  ["resets in 3 days", "2026-11-25T12:00:00.000Z"],
  ["Retry-After: 3600", "2026-11-22T13:00:00.000Z"],
  ["please retry after 90 seconds", "2026-11-22T12:01:30.000Z"],
  ["limit resets 2026-11-22T18:00:00Z", "2026-11-22T18:00:00.000Z"],
  ["limit resets 2026-11-22 18:00 UTC", "2026-11-22T18:00:00.000Z"],
  ["limit resets 2026-11-22T18:00:00+02:00", "2026-11-22T16:00:00.000Z"],
];

const NO_RESETS: string[] = [
  "",
  "API Error: Request rejected (429)",
  "limit reached",
  "usage limit reached|1",
  "usage limit reached|1700000000",
  "resets 25:00",
  "resets 13pm (UTC)",
  "resets 3",
  "limit resets 2020-01-01T00:00:00Z",
  "limit resets 2027-11-22T18:00:00Z",
  "resets in 30 days",
  "retry after 99999999999",
];

Deno.test("announcedReset() understands the forms in which a reset is announced", () => {
  for (const [text, at] of RESETS) assert.equal(announcedReset(text, NOW)?.toISOString(), at, text);
});

Deno.test("announcedReset() believes nothing that is past, far away or no time", () => {
  for (const text of NO_RESETS) assert.equal(announcedReset(text, NOW), null, text);
});

Deno.test("announcedReset() takes clock times without a zone in the given one", () => {
  assert.equal(announcedReset("resets 3pm", NOW, "Europe/Berlin")?.toISOString(), "2026-11-22T14:00:00.000Z");
  assert.equal(announcedReset("resets 3pm (Nowhere/Land)", NOW)?.toISOString(), "2026-11-22T15:00:00.000Z");
});

Deno.test("announcedReset() passes over the end of a year", () => {
  const eve = new Date("2026-12-30T12:00:00.000Z");
  assert.equal(announcedReset("resets Jan 2, 3pm (UTC)", eve)?.toISOString(), "2027-01-02T15:00:00.000Z");
});

Deno.test("speaksOfUsageLimit() tells an account's limit from the API's limit per minute", () => {
  for (
    const text of [
      "Claude AI usage limit reached",
      "You've hit your session limit · resets 3pm",
      "You've hit your limit · resets 3pm",
      "5-hour limit reached",
      "You have reached your weekly limit",
      "You're out of extra usage",
      "Opus limit reached",
    ]
  ) assert.equal(speaksOfUsageLimit(text), true, text);
  for (
    const text of [
      "API Error: Request rejected (429) · Rate limit reached for requests per minute",
      "This request would exceed your account's rate limit. Please try again later.",
      "You've hit your rate limit",
      "Too many requests",
      "Overloaded",
    ]
  ) assert.equal(speaksOfUsageLimit(text), false, text);
});

Deno.test("fallbackPark() doubles from a quarter of an hour to five hours", () => {
  const minutes = [0, 1, 2, 3, 4, 5, 50].map((parkings) => fallbackPark(parkings) / 60_000);
  assert.deepEqual(minutes, [15, 30, 60, 120, 240, 300, 300]);
});

Deno.test("parkingsInARow() counts back to the last run that said something else", () => {
  const count = (...outcomes: string[]) =>
    parkingsInARow(outcomes.map((outcome) => ({ outcome: outcome as Outcome | "" })));
  assert.equal(count(), 0);
  assert.equal(count("usage_limited"), 1);
  assert.equal(count("usage_limited", "usage_limited", ""), 2);
  assert.equal(count("usage_limited", "lost", "usage_limited"), 2);
  assert.equal(count("usage_limited", "failed", "usage_limited"), 1);
  assert.equal(count("usage_limited", "implemented"), 0);
});
