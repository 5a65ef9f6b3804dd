// A run whose checkpoints do not fit is refused before it starts.
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { RefusedError } from "../../lib/error/failure.ts";
import { diskForecast } from "../../lib/plan/disk_forecast.ts";
import { type Plan, planPipeline } from "../../lib/plan/plan.ts";
import { refuseNarrowDisk } from "../../lib/runner/disk_room.ts";
import { CrashProject } from "../crash/crash_project.ts";

/** The plan of a script and a train step, of which nothing is done. */
async function withPlan(act: (plan: Plan) => Promise<void>): Promise<void> {
  await using project = await CrashProject.open();
  const before = Deno.cwd();
  Deno.chdir(project.root);
  try {
    const loaded = await loadPipeline("crash.yaml");
    assert.ok(loaded.ok);
    await act(await planPipeline(loaded.value, { runsDir: "runs" }));
  } finally {
    Deno.chdir(before);
  }
}

Deno.test("refuseNarrowDisk() refuses what takes more than is free, unless it is allowed", () =>
  withPlan((plan) => {
    const { peakBytes } = diskForecast(plan);
    assert.ok(peakBytes > 0);
    const narrow = { ...plan, freeBytes: peakBytes - 1 };
    assert.throws(() => refuseNarrowDisk(narrow, false), (error) => {
      assert.ok(error instanceof RefusedError);
      assert.match(
        error.message,
        /checkpoints may take [\d.]+ kB more in ".*"/,
      );
      assert.match(error.hint ?? "", /--ignore-free-space/);
      return true;
    });
    refuseNarrowDisk(narrow, true);
    refuseNarrowDisk({ ...plan, freeBytes: peakBytes }, false);
    refuseNarrowDisk({ ...plan, freeBytes: null }, false);
    return Promise.resolve();
  }));

Deno.test("refuseNarrowDisk() takes off the checkpoints that a step has already, and keeps", () =>
  withPlan(async (plan) => {
    const { peakBytes } = diskForecast(plan);
    const { folder } = plan.steps.find(({ task }) => task === "train")!;
    const generation = join(folder, "checkpoints", "00000001");
    await Deno.mkdir(generation, { recursive: true });
    await Deno.writeFile(join(generation, "a"), new Uint8Array(1000));
    // A second name takes no room of its own.
    await Deno.link(join(generation, "a"), join(generation, "b"));
    refuseNarrowDisk({ ...plan, freeBytes: peakBytes - 1000 }, false);
    const narrow = { ...plan, freeBytes: peakBytes - 1001 };
    assert.throws(() => refuseNarrowDisk(narrow, false), RefusedError);
    const forced = plan.steps.map((step) => ({ ...step, setsAside: true }));
    const redone = { ...plan, steps: forced, freeBytes: peakBytes - 1 };
    assert.throws(() => refuseNarrowDisk(redone, false), RefusedError);
  }));
