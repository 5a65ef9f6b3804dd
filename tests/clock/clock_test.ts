import assert from "node:assert/strict";
import { FakeClock, SYSTEM_CLOCK } from "../../lib/clock/clock.ts";
import { formatDuration, parseDurationMs } from "../../lib/clock/duration.ts";

Deno.test("FakeClock.advance() wakes sleepers in the order of their time", async () => {
  const clock = new FakeClock();
  const woken: string[] = [];
  const late = clock.sleep(20).then(() => woken.push("late"));
  const early = clock.sleep(10).then(() => woken.push("early"));
  const never = clock.sleep(1000).then(() => woken.push("never"));
  clock.advance(20);
  await Promise.all([late, early]);
  assert.deepEqual(woken, ["early", "late"]);
  assert.equal(clock.now().getTime(), 20);
  clock.advance(980);
  await never;
});

Deno.test("sleep() rejects with the signal's reason", async () => {
  for (const clock of [SYSTEM_CLOCK, new FakeClock()]) {
    const stop = new AbortController();
    const sleeping = clock.sleep(60_000, stop.signal);
    stop.abort(new Error("stopped"));
    await assert.rejects(sleeping, { message: "stopped" });
    await assert.rejects(clock.sleep(1, stop.signal), { message: "stopped" });
  }
  await SYSTEM_CLOCK.sleep(1);
});

Deno.test("parseDurationMs() reads units from large to small and refuses the rest", () => {
  const table: [string, number | null][] = [
    ["30s", 30_000],
    [" 1.5 h ", 5_400_000],
    ["1h 30min", 5_400_000],
    ["2d", 172_800_000],
    ["5m", 300_000],
    ["250ms", 250],
    ["0s", 0],
    ["", null],
    ["10", null],
    ["30min 1h", null],
    ["1s 1s", null],
    ["-1s", null],
    ["1 week", null],
  ];
  for (const [text, wanted] of table) {
    assert.equal(parseDurationMs(text), wanted, text);
  }
});

Deno.test("formatDuration() uses at most two units", () => {
  const table: [number, string][] = [
    [0, "0 ms"],
    [340.4, "340 ms"],
    [999.6, "1.0 s"],
    [7234, "7.2 s"],
    [9960, "10 s"],
    [59_700, "1 min"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
    [7_199_999, "2 h"],
    [273_600_000, "3 d 4 h"],
  ];
  for (const [ms, wanted] of table) {
    assert.equal(formatDuration(ms), wanted, String(ms));
  }
});
