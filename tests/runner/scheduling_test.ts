import assert from "node:assert/strict";
import { readySteps } from "../../lib/runner/ready_set.ts";
import { retryDelayMs } from "../../lib/runner/retry_policy.ts";
import { StopControl } from "../../lib/runner/stop_control.ts";
import type { StepState } from "../../lib/store/run_record.ts";

const STEPS = [
  { name: "a", needs: [], key: "1" },
  { name: "b", needs: ["a"], key: "2" },
  { name: "c", needs: ["a"], key: "3" },
  { name: "d", needs: ["b", "c"], key: "4" },
  { name: "e", needs: ["a"], key: "2" },
];

function ready(states: readonly StepState[], jobs: number): string[] {
  const map = new Map(
    STEPS.map((step, index) => [step.name, states[index] ?? "waiting"]),
  );
  return readySteps(STEPS, map, jobs).map((step) => step.name);
}

Deno.test("readySteps() starts what has its needs, in order, within the jobs", () => {
  assert.deepEqual(ready([], 4), ["a"]);
  assert.deepEqual(ready(["running"], 4), []);
  assert.deepEqual(ready(["done"], 1), ["b"]);
  assert.deepEqual(ready(["reused", "running"], 2), ["c"]);
  assert.deepEqual(ready(["done", "done", "done", "waiting", "done"], 1), [
    "d",
  ]);
});

Deno.test("readySteps() never runs the same work twice at a time", () => {
  assert.deepEqual(ready(["done"], 4), ["b", "c"]);
  assert.deepEqual(ready(["done", "running"], 4), ["c"]);
  assert.deepEqual(ready(["done", "done", "running"], 4), ["e"]);
});

Deno.test("readySteps() starts nothing after a failure or a stop", () => {
  assert.deepEqual(ready(["done", "failed"], 4), []);
  assert.deepEqual(ready(["done", "stopped", "running"], 4), []);
});

Deno.test("retryDelayMs() doubles up to an hour and ends with the attempts", () => {
  const policy = { attempts: 4, backoff_seconds: 10 };
  const delays = [1, 2, 3, 4].map((attempt) => retryDelayMs(policy, attempt));
  assert.deepEqual(delays, [10_000, 20_000, 40_000, null]);
  assert.equal(
    retryDelayMs({ attempts: 99, backoff_seconds: 10 }, 30),
    3_600_000,
  );
  assert.equal(retryDelayMs({ attempts: 1, backoff_seconds: 10 }, 1), null);
});

Deno.test("StopControl asks first, ignores the echo of a signal, and forces on a later one", async () => {
  const stop = new StopControl();
  assert.equal(stop.cause, null);
  stop.request("SIGTERM");
  stop.request("SIGINT");
  assert.deepEqual(
    [stop.cause, stop.asked.aborted, stop.forced.aborted],
    ["SIGTERM", true, false],
  );
  await new Promise((resolve) => setTimeout(resolve, 550));
  stop.request("SIGTERM");
  assert.equal(stop.forced.aborted, true);
});
