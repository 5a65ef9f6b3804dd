// A year of ticks with a clock that jumps: clock changes of real zones, absences, and runs that overlap.
import assert from "node:assert/strict";
import { FakeClock } from "../../lib/clock/clock.ts";
import { TickHistory } from "../../lib/schedule/history.ts";
import type { Schedule } from "../../lib/schedule/schedule.ts";
import { ScheduleLoop } from "../../lib/schedule/schedule_loop.ts";
import { schedulePaths } from "../../lib/schedule/schedule_paths.ts";
import type { Tick } from "../../lib/schedule/tick.ts";
import { schedule, utc } from "./schedule_fixture.ts";

const DAY_MS = 86_400_000;

interface Year {
  readonly history: TickHistory;
  readonly ticks: readonly Tick[];
}

/** Runs the schedules from `from` on; each run takes `runMs`. `absent` says when no daemon is there. */
async function simulate(
  schedules: readonly Schedule[],
  options: {
    readonly from: number;
    readonly until: number;
    readonly runMs: number;
    readonly absent?: (nowMs: number) => number;
  },
): Promise<Year> {
  const folder = await Deno.makeTempDir();
  const clock = new FakeClock(new Date(options.from));
  const history = await TickHistory.open(":memory:");
  const nowMs = () => clock.now().getTime();
  const running: { id: number; endMs: number; done: () => void }[] = [];
  const open = () =>
    new ScheduleLoop({
      history,
      clock,
      paths: schedulePaths(folder),
      start: (tick) => {
        const claim = history.claim(tick.id, 1, nowMs());
        assert.equal(claim.kind, "start");
        const { promise, resolve } = Promise.withResolvers<void>();
        running.push({
          id: tick.id,
          endMs: nowMs() + options.runMs,
          done: resolve,
        });
        return { ended: promise, stop: resolve };
      },
    });
  let loop = open();
  while (nowMs() < options.until) {
    await loop.turn(schedules);
    const absentMs = options.absent?.(nowMs()) ?? 0;
    if (absentMs > 0) {
      // A power cut: runs are gone, and nobody looks.
      await loop[Symbol.asyncDispose]();
      running.length = 0;
      clock.advance(absentMs);
      loop = open();
      continue;
    }
    const next = Math.min(
      ...schedules.map((one) => one.times.next(nowMs()) ?? Infinity),
      ...running.map(({ endMs }) => endMs),
    );
    clock.advance(Math.min(next, options.until) - nowMs());
    for (const run of running.filter(({ endMs }) => endMs <= nowMs())) {
      history.end(run.id, {
        state: "finished",
        exitCode: 0,
        reason: null,
        nowMs: nowMs(),
      });
      running.splice(running.indexOf(run), 1);
      run.done();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  await loop[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
  return { history, ticks: history.newest(null, 100_000).reverse() };
}

Deno.test("ScheduleLoop runs a daily tick once on each day of a year, through the clock changes of six zones", async () => {
  const zones = [
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
  ];
  // The time that each zone skips or doubles, where it does.
  const crons = ["30 2", "30 2", "0 0", "15 2", "30 2", "30 2"];
  const schedules = zones.map((zone, index) =>
    schedule({
      name: zone.replace("/", "-"),
      time_zone: zone,
      cron: `${crons[index]} * * *`,
    })
  );
  const { ticks, history } = await simulate(schedules, {
    from: Date.UTC(2026, 0, 1, 12),
    until: Date.UTC(2027, 0, 1, 12),
    runMs: 600_000,
  });
  using _history = history;
  for (const { name, zone } of schedules) {
    const own = ticks.filter((tick) => tick.schedule === name);
    const days = own.map(({ dueMs }) =>
      Math.floor(zone.wallMs(dueMs) / DAY_MS)
    );
    assert.equal(own.length, 365, name);
    assert.equal(new Set(days).size, 365, name);
    assert(own.every((tick) => tick.state === "finished"), name);
    assert(own.every(({ startedMs, dueMs }) => startedMs === dueMs), name);
  }
});

Deno.test("ScheduleLoop loses and doubles no hourly tick in months with absences, under each overlap policy", async () => {
  let state = 11;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  for (const overlap of ["skip", "queue"] as const) {
    const hourly = schedule({
      overlap,
      catch_up: "all",
      time_zone: "Europe/Berlin",
    });
    const from = utc("01-01T00:30");
    const until = utc("04-15T00:30");
    const { ticks, history } = await simulate([hourly], {
      from,
      until,
      // Longer than an hour: ticks overlap.
      runMs: overlap === "skip" ? 90 * 60_000 : 50 * 60_000,
      absent: () => random() < 0.004 ? Math.ceil(random() * 20 * 3_600_000) : 0,
    });
    using _history = history;
    const wanted = hourly.times.between(from, until, 10_000).instants;
    const found = ticks.map(({ dueMs }) => dueMs);
    assert.deepEqual(found, wanted.filter((one) => one <= found.at(-1)!));
    assert(wanted.length - found.length < 25);
    const ran = ticks.filter(({ state }) => state === "finished");
    assert(ran.length > 900, String(ran.length));
    const spans = ran.map(({ startedMs, finishedMs }) =>
      [startedMs!, finishedMs!] as const
    ).sort((a, b) => a[0] - b[0]);
    for (const [index, [start]] of spans.entries()) {
      if (index > 0) assert(start >= spans[index - 1]![1], "two runs overlap");
    }
    const skipped = ticks.filter(({ state }) => state === "skipped");
    assert(skipped.every(({ reason }) => reason !== null));
    assert.equal(skipped.length > 0, overlap === "skip");
  }
});

Deno.test("ScheduleLoop never makes up for an edited expression", async () => {
  const history = await TickHistory.open(":memory:");
  using _history = history;
  const noon = utc("05-01T12:30");
  history.look(schedule(), noon);
  history.look(schedule({ cron: "*/5 * * * *" }), noon + 20 * DAY_MS);
  assert.deepEqual(history.newest(null, 10), []);
  history.look(schedule({ cron: "*/5 * * * *" }), noon + 20 * DAY_MS + 300_000);
  assert.equal(history.newest(null, 10).length, 1);
  // Switched off and on again, it begins at that moment too.
  const off = schedule({ cron: "*/5 * * * *", enabled: false });
  history.look(off, noon + 21 * DAY_MS);
  history.look(off, noon + 22 * DAY_MS);
  history.look(schedule({ cron: "*/5 * * * *" }), noon + 22 * DAY_MS);
  assert.equal(history.newest(null, 10).length, 1);
});
