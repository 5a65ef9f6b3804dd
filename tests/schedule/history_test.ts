// What the history writes down of a tick when it becomes due.
import assert from "node:assert/strict";
import { TICK_VALUES } from "../../lib/clock/tick_values.ts";
import { TickHistory } from "../../lib/schedule/history.ts";
import { jitterMs } from "../../lib/schedule/schedule.ts";
import { schedule, utc } from "./schedule_fixture.ts";

Deno.test("TickHistory.look() fills what stands for the moment of the tick, on the schedule's clock", async () => {
  using history = await TickHistory.open(":memory:");
  const names = Object.keys(TICK_VALUES);
  const daily = schedule({
    cron: "0 5 * * *",
    time_zone: "Asia/Tokyo",
    catch_up: "all",
    set: names.map((name) => `${name}={{ tick.${name} }}`),
  });
  history.look(daily, utc("04-30T12:00"));
  history.look(daily, utc("05-02T21:00"));
  const [second, first] = history.newest(null, 10);
  // The day in Tokyo is the one after that in Greenwich.
  assert.deepEqual(second?.work.set, [
    ...["date=2026-05-03", "time=05-00-00", "year=2026", "month=05", "day=03"],
    ...["hour=05", "minute=00", "second=00", "weekday=7"],
    `epoch=${utc("05-02T20:00") / 1000}`,
    `epoch_days=${Date.UTC(2026, 4, 3) / 86_400_000}`,
    "number=3",
  ]);
  assert.equal(first?.work.set[0], "date=2026-05-02");
});

Deno.test("TickHistory.waiting() holds a tick back for its jitter, which no later look changes", async () => {
  using history = await TickHistory.open(":memory:");
  const shaken = schedule({ jitter_ms: 600_000 });
  const dueMs = utc("05-01T01:00");
  const startMs = dueMs + jitterMs(shaken, dueMs);
  assert.ok(startMs > dueMs && startMs < dueMs + 600_000);
  history.look(shaken, dueMs - 1000);
  history.look(shaken, dueMs);
  assert.deepEqual(history.waiting(shaken.name, startMs - 1), []);
  assert.equal(history.nextStartMs(shaken.name), startMs);
  history.look(shaken, startMs);
  const [tick, ...others] = history.waiting(shaken.name, startMs);
  assert.deepEqual([tick?.dueMs, tick?.startMs], [dueMs, startMs]);
  assert.deepEqual(others, []);
});
