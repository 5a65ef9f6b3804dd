import assert from "node:assert/strict";
import { dueTicks, MOST_MISSED } from "../../lib/schedule/due_ticks.ts";
import { jitterMs, rhythmOf } from "../../lib/schedule/schedule.ts";
import { schedule, utc } from "./schedule_fixture.ts";

function outcome(
  change: Parameters<typeof schedule>[0],
  from: string,
  to: string,
  isPaused = false,
): string[] {
  const look = { afterMs: utc(from), nowMs: utc(to), isPaused };
  return dueTicks(schedule(change), look).map((tick) =>
    `${new Date(tick.dueMs).toISOString().slice(11, 16)} ${
      tick.skipped ?? (tick.isCatchUp ? "later" : "now")
    }`
  );
}

const MISSED =
  "missed: nothing was there to start it within its misfire window";

Deno.test("dueTicks() lets a tick run that is not later than the misfire window", () => {
  assert.deepEqual(outcome({}, "05-01T00:30", "05-01T01:04"), ["01:00 now"]);
  assert.deepEqual(outcome({}, "05-01T01:00", "05-01T01:59"), []);
  assert.deepEqual(
    outcome({ catch_up: "none" }, "05-01T00:30", "05-01T01:06"),
    [`01:00 ${MISSED}`],
  );
});

Deno.test("dueTicks() catches up with none, the last or all of the missed ticks", () => {
  const span = ["05-01T00:30", "05-01T03:30"] as const;
  const stands = "missed: a later tick stands for it";
  assert.deepEqual(outcome({ catch_up: "none" }, ...span), [
    `01:00 ${MISSED}`,
    `02:00 ${MISSED}`,
    `03:00 ${MISSED}`,
  ]);
  assert.deepEqual(outcome({ catch_up: "last" }, ...span), [
    `01:00 ${stands}`,
    `02:00 ${stands}`,
    "03:00 later",
  ]);
  assert.deepEqual(outcome({ catch_up: "all" }, ...span), [
    "01:00 later",
    "02:00 later",
    "03:00 later",
  ]);
  // A tick that is on time stands for those before it.
  assert.deepEqual(outcome({}, "05-01T00:30", "05-01T03:01"), [
    `01:00 ${stands}`,
    `02:00 ${stands}`,
    "03:00 now",
  ]);
});

Deno.test("dueTicks() writes down what a paused schedule does not run", () => {
  assert.deepEqual(outcome({}, "05-01T00:30", "05-01T01:01", true), [
    "01:00 the schedule is paused",
  ]);
});

Deno.test("dueTicks() writes one line for the many ticks of a long absence", () => {
  const ticks = dueTicks(schedule({ cron: "* * * * * *" }), {
    afterMs: utc("01-01T00:00"),
    nowMs: utc("06-01T00:00"),
    isPaused: false,
  });
  assert.equal(ticks.length, MOST_MISSED + 1);
  assert.match(ticks[0]!.skipped!, /since 2026-01-01T00:00:00.000Z/);
  assert.equal(ticks.filter((tick) => tick.skipped === null).length, 301);
});

Deno.test("jitterMs() is the same for everybody, below the jitter, and spread", () => {
  const shaken = schedule({ jitter_ms: 60_000 });
  const values = Array.from(
    { length: 500 },
    (_, index) => jitterMs(shaken, index * 3_600_000),
  );
  assert.equal(values[3], jitterMs(shaken, 3 * 3_600_000));
  assert(values.every((value) => value >= 0 && value < 60_000));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert(Math.abs(mean - 30_000) < 3000, String(mean));
  assert.notEqual(
    jitterMs(schedule({ name: "other", jitter_ms: 60_000 }), 0),
    values[0],
  );
});

Deno.test("rhythmOf() changes with the expression, the zone and the switch, not with blanks", () => {
  const rhythm = rhythmOf(schedule());
  assert.equal(rhythmOf(schedule({ cron: " 0  * * * *" })), rhythm);
  assert.equal(rhythmOf(schedule({ set: ["seed=2"] })), rhythm);
  assert.notEqual(rhythmOf(schedule({ cron: "1 * * * *" })), rhythm);
  assert.notEqual(rhythmOf(schedule({ time_zone: "Asia/Tokyo" })), rhythm);
  assert.notEqual(rhythmOf(schedule({ enabled: false })), rhythm);
});
