import assert from "node:assert/strict";
import { startTimer } from "../../lib/clock/timer.ts";

const DAY_MS = 86_400_000;

Deno.test("startTimer() waits longer than a timer of the system can, in turns", () => {
  const real = globalThis.setTimeout;
  const turns: number[] = [];
  let calls = 0;
  try {
    globalThis.setTimeout = ((act: () => void, ms: number) => {
      turns.push(ms);
      act();
      return 0;
    }) as unknown as typeof setTimeout;
    startTimer(60 * DAY_MS, () => calls++);
  } finally {
    globalThis.setTimeout = real;
  }
  assert.equal(calls, 1);
  assert.ok(turns.every((ms) => ms < 2 ** 31));
  assert.equal(turns.reduce((sum, ms) => sum + ms, 0), 60 * DAY_MS);
});

Deno.test("startTimer() calls nothing once it is disposed of", async () => {
  const calls: string[] = [];
  const late = startTimer(60 * DAY_MS, () => calls.push("late"));
  const soon = startTimer(1, () => calls.push("soon"));
  const never = startTimer(1, () => calls.push("never"));
  never[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(calls, ["soon"]);
  late[Symbol.dispose]();
  soon[Symbol.dispose]();
});
