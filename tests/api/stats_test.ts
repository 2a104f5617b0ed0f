import assert from "node:assert/strict";
import type { Stats } from "../../src/domain/stats.ts";
import { ManualClock } from "../support/store.ts";
import { type Answer, openTestApi } from "./support.ts";

const statsOf = ({ body }: Answer) => body as Stats;

Deno.test("GET /stats tells so many days, and refuses what is none", async () => {
  await using api = await openTestApi({ clock: new ManualClock() });
  for (const [query, days] of [["", 30], ["?days=", 30], ["?days=1", 1], ["?days=90", 90]] as const) {
    const stats = statsOf(await api.call("GET", `/stats${query}`));
    assert.deepEqual([stats.days, stats.per_day.length, stats.until], [
      days,
      days,
      "2026-01-01T00:00:00.000Z",
    ]);
  }
  for (const query of ["?days=0", "?days=91", "?days=x", "?days=-1"]) {
    assert.equal((await api.call("GET", `/stats${query}`)).status, 422, query);
  }
});

Deno.test("GET /stats is kept until something happens or the day ends", async () => {
  const clock = new ManualClock("2026-01-01T22:00:00.000Z");
  await using api = await openTestApi({ clock });
  const first = await api.call("GET", "/stats?days=7");
  const etag = first.headers.get("etag") ?? "";
  const again = async () =>
    (await api.call("GET", "/stats?days=7", { headers: { "if-none-match": etag } })).status;
  clock.advance(3_600_000);
  assert.deepEqual((await api.call("GET", "/stats?days=7")).body, first.body);
  assert.equal(await again(), 304);
  clock.advance(3_600_000);
  assert.equal(await again(), 200);
  assert.equal(statsOf(await api.call("GET", "/stats?days=7")).per_day.at(-1)?.date, "2026-01-02");
  await api.file({ status: "done" });
  assert.equal(statsOf(await api.call("GET", "/stats?days=7")).per_day.at(-1)?.done, 1);
});
