import assert from "node:assert/strict";
import { CronTimes } from "../../lib/clock/cron_times.ts";
import { TimeZone } from "../../lib/clock/time_zone.ts";

function times(expression: string, zone: string): CronTimes {
  const reading = CronTimes.read(
    expression,
    TimeZone.named(zone) as TimeZone,
  );
  assert(reading.ok, expression);
  return reading.times;
}

function after(
  expression: string,
  zone: string,
  from: string,
  count: number,
): string[] {
  const found: string[] = [];
  let at = Date.parse(from);
  for (let index = 0; index < count; index++) {
    at = times(expression, zone).next(at) ?? Infinity;
    found.push(new Date(at).toISOString().slice(5, 16));
  }
  return found;
}

Deno.test("CronTimes.next() runs a skipped hour once, at the end of the gap", () => {
  const night = "2026-03-28T22:00Z";
  assert.deepEqual(after("30 2 * * *", "Europe/Berlin", night, 2), [
    "03-29T01:00",
    "03-30T00:30",
  ]);
  // Three times of the hour that is not there are one; the next hour's own times follow.
  assert.deepEqual(after("*/20 2,3 * * *", "Europe/Berlin", night, 4), [
    "03-29T01:00",
    "03-29T01:20",
    "03-29T01:40",
    "03-30T00:00",
  ]);
  assert.deepEqual(
    after("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", 2),
    ["10-03T15:30", "10-04T15:15"],
  );
  assert.deepEqual(
    after("0 0 * * *", "America/Santiago", "2026-09-05T12:00Z", 2),
    ["09-06T04:00", "09-07T03:00"],
  );
});

Deno.test("CronTimes.next() runs a doubled hour once, at its first time", () => {
  const night = "2026-10-24T22:30Z";
  assert.deepEqual(after("30 2 * * *", "Europe/Berlin", night, 2), [
    "10-25T00:30",
    "10-26T01:30",
  ]);
  assert.deepEqual(after("0 */2 * * *", "Europe/Berlin", night, 2), [
    "10-25T00:00",
    "10-25T03:00",
  ]);
  // Asked in the middle of the second pass, nothing of the hour is left.
  assert.deepEqual(
    after("*/30 * * * *", "Europe/Berlin", "2026-10-25T01:10Z", 1),
    ["10-25T02:00"],
  );
  assert.deepEqual(
    after("30 1 * * *", "America/New_York", "2026-11-01T00:00Z", 2),
    ["11-01T05:30", "11-02T06:30"],
  );
});

Deno.test("CronTimes.read() says what is wrong with an expression", () => {
  const utc = TimeZone.named("UTC") as TimeZone;
  const cases: readonly [string, RegExp][] = [
    ["0 0 31 2 *", /no day of the calendar ever matches/],
    ["61 * * * *", /invalid value for minute: 61/],
    ["* * *", /it has 3 fields, wanted 5/],
    ["2026-01-01T00:00:00", /it has 1 fields/],
    ["@nightly", /./],
    ["", /fields/],
  ];
  for (const [expression, reason] of cases) {
    const reading = CronTimes.read(expression, utc);
    assert(!reading.ok, expression);
    assert.match(reading.reason, reason);
  }
});

Deno.test("CronTimes.between() lists every instant, and only the newest where there are too many", () => {
  const seconds = times("* * * * * *", "Europe/Berlin");
  const from = Date.parse("2026-10-25T00:59:50Z");
  // The doubled hour is over at 02:00 UTC: its second pass has no times.
  assert.deepEqual(
    seconds.between(from, Date.parse("2026-10-25T02:00:01Z"), 100),
    {
      instants: [
        ...Array.from({ length: 9 }, (_, index) => from + 1000 * (index + 1)),
        Date.parse("2026-10-25T02:00:00Z"),
        Date.parse("2026-10-25T02:00:01Z"),
      ],
      isCut: false,
    },
  );
  const year = seconds.between(0, Date.parse("2026-06-01T00:00:00Z"), 3);
  assert.deepEqual(year, {
    instants: [-2000, -1000, 0].map((shift) =>
      Date.parse("2026-06-01T00:00:00Z") + shift
    ),
    isCut: true,
  });
  assert.deepEqual(seconds.between(from, from, 5), {
    instants: [],
    isCut: false,
  });
});
