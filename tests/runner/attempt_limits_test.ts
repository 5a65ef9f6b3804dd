import assert from "node:assert/strict";
import type { PlannedStep } from "../../lib/plan/plan.ts";
import { watchLimits } from "../../lib/runner/attempt_limits.ts";
import type { StepProcess } from "../../lib/worker/spawn.ts";

const DAY_SECONDS = 86_400;

Deno.test("watchLimits() ends a step after its timeout, and leaves one alone that may run for a month", async () => {
  const stopped: string[] = [];
  const watch = (name: string, timeout_seconds: number) => {
    const step = { name, request: { options: { timeout_seconds } } };
    const process = { pid: 0, stop: () => stopped.push(name) };
    return watchLimits(
      process as unknown as StepProcess,
      step as unknown as PlannedStep,
      undefined,
      0,
    );
  };
  using short = watch("short", 0.001);
  using long = watch("long", 30 * DAY_SECONDS);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(stopped, ["short"]);
  assert.match(short.failure()?.message ?? "", /longer than its timeout/);
  assert.equal(long.failure(), null);
});
