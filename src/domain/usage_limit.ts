/** When an account's usage limit ends, from what the CLI says about it. */

import type { Run } from "./run.ts";

const FIRST_PARK_MS = 15 * 60_000;
const LONGEST_PARK_MS = 5 * 3600_000;

/**
 * How long an issue is parked when no usable reset is announced: 15 minutes, doubling to 5 hours, in milliseconds.
 *
 * @param parkings how often in a row it was parked before
 */
export function fallbackPark(parkings: number): number {
  return Math.min(FIRST_PARK_MS * 2 ** parkings, LONGEST_PARK_MS);
}

/** How often in a row the issue was parked last. @param runs of one issue, oldest first; unfinished ones don't count */
export function parkingsInARow(runs: readonly Pick<Run, "outcome">[]): number {
  // A server that died meanwhile says nothing about the account.
  const ends = runs.map(({ outcome }) => outcome).filter((outcome) => outcome !== "" && outcome !== "lost");
  const last = ends.findLastIndex((outcome) => outcome !== "usage_limited");
  return ends.length - 1 - last;
}

/** A reset further away than this is not believed: the longest known limit is weekly. */
const MAX_PARK_MS = 8 * 24 * 3600_000;

const LIMIT_WORDS =
  /\b(?:(?:usage|session|weekly|daily|monthly|hourly|\d+-hour|opus|sonnet|haiku|plan|account)\s+limit|limit\s+reached|reached\s+(?:your|the)\b[^.\n]*\blimit|hit\s+your\b[^.\n]*\blimit|out\s+of\s+(?:extra\s+)?usage)/i;

/** Whether the text of a failed request speaks of an account's limit. Only for texts that the CLI marked as failures. */
export function speaksOfUsageLimit(text: string): boolean {
  // "Rate limit reached" is the API's limit per minute, which passes by itself.
  return LIMIT_WORDS.test(text.replace(/\brate[- ]limits?\b/gi, ""));
}

/**
 * The announced reset, `null` when none is announced or it is not in the next 8 days. Understands
 * `…reached|<epoch>`, ISO-8601, `resets 3pm (Europe/Berlin)`, `resets Nov 25, 3:30pm (UTC)`,
 * `resets Monday at 15:00`, `in 2 hours 15 minutes`, `retry after 3600` (seconds).
 *
 * @param zone IANA name for clock times without a zone of their own
 */
export function announcedReset(text: string, now: Date, zone = "UTC"): Date | null {
  const found = epoch(text) ?? isoTime(text) ?? clockTime(text, now, zone) ?? duration(text, now);
  if (found === null) return null;
  const wait = found.getTime() - now.getTime();
  return wait > 0 && wait <= MAX_PARK_MS ? found : null;
}

function epoch(text: string): Date | null {
  const digits = /\|\s*(\d{10}|\d{13})\b/.exec(text)?.[1];
  if (digits === undefined) return null;
  return new Date(Number(digits) * (digits.length === 10 ? 1000 : 1));
}

function isoTime(text: string): Date | null {
  const found = /\b(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s?(Z|UTC|[+-]\d{2}:?\d{2})?/
    .exec(text);
  if (found === null) return null;
  const offset = found[3] === undefined || found[3] === "UTC" ? "Z" : found[3];
  const time = new Date(`${found[1]}T${found[2]}${offset}`);
  return Number.isNaN(time.getTime()) ? null : time;
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

function duration(text: string, now: Date): Date | null {
  const unit = "(?:d(?:ays?)?|h(?:(?:ou)?rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)";
  const span = new RegExp(`\\b(?:in|after|within)\\s+((?:\\d{1,6}\\s*${unit}\\b[\\s,]*(?:and\\s+)?)+)`, "i")
    .exec(text)?.[1];
  if (span !== undefined) {
    let seconds = 0;
    for (const [, count, word] of span.matchAll(/(\d+)\s*([a-z])/gi)) {
      seconds += Number(count) * (UNITS[word.toLowerCase()] ?? 0);
    }
    return new Date(now.getTime() + seconds * 1000);
  }
  const bare = /\bretry[- ]after:?\s+(\d{1,6})\b/i.exec(text)?.[1];
  return bare === undefined ? null : new Date(now.getTime() + Number(bare) * 1000);
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const CLOCK = new RegExp(
  "\\b(?:resets?|until|again|available)\\b[^0-9\\n]{0,24}?" +
    "(?:\\b(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?\\s+(\\d{1,2})(?:st|nd|rd|th)?|(sun|mon|tue|wed|thu|fri|sat)[a-z]*)" +
    "(?:,|\\s+at)*\\s+(?:at\\s+)?)?" +
    "(\\d{1,2})(?::(\\d{2}))?\\s*([ap]\\.?m\\b\\.?)?(?:\\s*\\(?([A-Za-z]+(?:\\/[A-Za-z_+\\-0-9]+)*)\\)?)?",
  "i",
);

function clockTime(text: string, now: Date, default_zone: string): Date | null {
  const found = CLOCK.exec(text);
  if (found === null) return null;
  const [, month, day, weekday, hour_text, minute_text, half, zone_text] = found;
  if (half === undefined && minute_text === undefined) return null;
  let hour = Number(hour_text);
  const minute = Number(minute_text ?? "0");
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return null;
    hour = hour % 12 + (half.toLowerCase().startsWith("p") ? 12 : 0);
  }
  if (hour > 23 || minute > 59) return null;
  const zone = zone_text !== undefined && isZone(zone_text) ? zone_text : default_zone;
  const today = inZone(now, zone);
  const at = (add_days: number) => fromZone({ ...today, day: today.day + add_days, hour, minute }, zone);
  if (month !== undefined) {
    const wanted = {
      year: today.year,
      month: MONTHS.indexOf(month.toLowerCase()) + 1,
      day: Number(day),
      hour,
      minute,
    };
    const this_year = fromZone(wanted, zone);
    return this_year > now ? this_year : fromZone({ ...wanted, year: today.year + 1 }, zone);
  }
  if (weekday !== undefined) {
    const days = (WEEKDAYS.indexOf(weekday.toLowerCase()) - today.weekday + 7) % 7;
    return at(days) > now ? at(days) : at(days + 7);
  }
  return at(0) > now ? at(0) : at(1);
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    // A RangeError is how Intl says "unknown zone"; the word was just text behind the time.
    return false;
  }
}

interface WallTime {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  hour: number;
  minute: number;
}

function inZone(time: Date, zone: string): WallTime & { weekday: number } {
  const parts: Record<string, number> = {};
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  for (const { type, value } of format.formatToParts(time)) parts[type] = Number(value);
  const { year, month, day, hour, minute } = parts;
  return { year, month, day, hour, minute, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() };
}

/** The moment at which clocks in the zone show this time. Around a change of daylight saving it may be an hour off. */
function fromZone({ year, month, day, hour, minute }: WallTime, zone: string): Date {
  const as_utc = Date.UTC(year, month - 1, day, hour, minute);
  const shown = inZone(new Date(as_utc), zone);
  const offset = Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute) - as_utc;
  return new Date(as_utc - offset);
}
