// Jobs that Slurm ends for good: for their memory, and at the end of their time where they cannot save.
import assert from "node:assert/strict";
import { EXIT_CODE } from "../../mod.ts";
import { testsOnCluster } from "./shared_cluster.ts";
import { stepValue, submitHere } from "./slurm_cli.ts";

const testOnCluster = testsOnCluster();

testOnCluster(
  "a step that takes more than its memory, or a script at the end of its time, fails with the way out",
  async () => {
    const runs = await Deno.makeTempDir();
    const result = await submitHere(runs, [
      stepValue("left.resources.memory", "16M"),
      stepValue("left.with", { ticks: 400 }),
      stepValue("right.resources.time", "1m"),
      stepValue("right.with", { ticks: 4000 }),
      // Slurm signals this long before the minute is over.
      "executor.slurm.save_before=35s",
    ], 240_000);
    const failures = new Map(
      result.steps.map(({ name, failure }) => [name, failure] as const),
    );
    assert.deepEqual(result.steps.map(({ name, state }) => [name, state]), [
      ["numbers", "done"],
      ["left", "failed"],
      ["right", "failed"],
      ["total", "waiting"],
    ]);
    const left = failures.get("left");
    assert.equal(left?.exitCode, EXIT_CODE.stepFailed, left?.message);
    assert.match(
      left?.message ?? "",
      /Step "left" was ended by Slurm: job \d+ took more than its memory limit/,
    );
    assert.match(left?.hint ?? "", /Raise the step's `resources.memory`/);
    const right = failures.get("right");
    assert.equal(right?.exitCode, EXIT_CODE.timedOut, right?.message);
    assert.match(
      right?.message ?? "",
      /Step "right" did not get done in its `resources.time`: after \d+ s it was told to save, and a script cannot save and go on/,
    );
    assert.equal(result.exitCode, EXIT_CODE.stepFailed);
    await Deno.remove(runs, { recursive: true });
  },
);
