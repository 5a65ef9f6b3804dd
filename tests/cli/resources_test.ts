import assert from "node:assert/strict";
import { readEvents } from "../../lib/store/run_record.ts";
import { ownCores } from "../../lib/worker/confinement.ts";
import { runCli } from "./cli_process.ts";

const PIPELINE = "tests/fixtures/pipelines/side_by_side.yaml";
const STEPS = "training.pipeline.steps";

Deno.test("train --jobs holds steps to the cores that there are", async () => {
  const runs = await Deno.makeTempDir();
  const { code, err } = await runCli([
    ...["train", PIPELINE, "--runs", runs, "--jobs", "4"],
    ...["--set", "executor.local.cpus=1"],
  ]);
  assert.equal(code, 0, err);
  const order = (await readEvents(runs, "side_by_side"))
    .filter(({ step }) => step !== undefined)
    .map(({ kind, step }) => `${kind} ${step}`);
  // With one core nothing overlaps: every start follows the end before it.
  for (const [at, entry] of order.entries()) {
    assert.equal(
      entry.startsWith(at % 2 === 0 ? "step_started" : "step_finished"),
      true,
      order.join("\n"),
    );
  }
  await Deno.remove(runs, { recursive: true });
});

Deno.test("train ends a step that takes more memory than it may", async () => {
  const runs = await Deno.makeTempDir();
  const { code, err } = await runCli([
    ...["train", PIPELINE, "--runs", runs],
    ...["--set", `${STEPS}.left.resources.memory=1M`],
    ...["--set", `${STEPS}.left.with={"ticks":200}`],
  ]);
  assert.equal(code, 4, err);
  assert.match(
    err,
    /Step "left" was ended: it took [\d.]+ MB of memory, 1\.0 MB are its limit/,
  );
  assert.match(err, /Raise the step's `resources.memory`/);
  await Deno.remove(runs, { recursive: true });
});

Deno.test("train ends a step at the end of resources.time, and refuses one that can never run", async () => {
  const runs = await Deno.makeTempDir();
  const late = await runCli([
    ...["train", PIPELINE, "--runs", runs],
    ...["--set", `${STEPS}.left.resources.time=1s`],
    ...["--set", `${STEPS}.left.with={"ticks":400}`],
  ]);
  assert.equal(late.code, 124, late.err);
  assert.match(late.err, /ran longer than its `resources.time` of 1.0 s/);
  const wide = await runCli([
    ...["train", PIPELINE, "--runs", runs],
    ...["--set", `${STEPS}.left.resources.cpus=4096`],
  ]);
  assert.equal(wide.code, 3, wide.err);
  assert.match(wide.err, /step "left" asks for 4096 cpus, there are \d+/);
  await Deno.remove(runs, { recursive: true });
});

Deno.test("ownCores() answers at least one core where taskset is there", async () => {
  const cores = await ownCores();
  if (cores === null) return;
  assert.equal(cores.length, navigator.hardwareConcurrency);
});
