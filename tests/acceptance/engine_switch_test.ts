// Runs on each engine: killed and started again, and switched from one engine to another in the middle of a step.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { TENSORFLOW, testOnTensorflow } from "../support/tensorflow_library.ts";
import { testWithGpu } from "../support/webgpu_adapter.ts";
import { until } from "../cli/cli_process.ts";
import {
  digestsOf,
  savedState,
  SmallProject,
  vaeStep,
} from "./small_project.ts";

/** Twelve batches, saved after every second. */
const STEP = vaeStep("vae", "batch_size: 2");

/** Projects of this file find the library of this machine's user. */
async function openProject(): Promise<SmallProject> {
  const project = await SmallProject.open(STEP);
  const path = TENSORFLOW?.library?.path;
  if (path !== undefined) {
    project.environment = { FLUXLINE_CACHE: dirname(dirname(dirname(path))) };
  }
  return project;
}

/** Starts the run and kills runner and step once a checkpoint is there; answers with the batches that it holds. */
async function killInMidStep(
  project: SmallProject,
  ...options: readonly string[]
): Promise<number> {
  const child = project.start("train", "small.yaml", ...options);
  // A software adapter compiles its shaders for a while.
  const hasSaved = () => savedBatches(project) > 0;
  await until(hasSaved, "the first checkpoint", 90_000);
  child.kill("SIGKILL");
  await child.output();
  const batches = savedBatches(project);
  assert.ok(batches < 12, "the step ended before it was killed");
  return batches;
}

function savedBatches(project: SmallProject): number {
  try {
    const folder = project.stepFolder("vae");
    const text = Deno.readTextFileSync(join(folder, "checkpoint.json"));
    const { current } = JSON.parse(text);
    const state = Deno.readTextFileSync(
      join(folder, current.folder, "state.json"),
    );
    return JSON.parse(state).global_step;
  } catch {
    // Not there yet, or just being replaced.
    return 0;
  }
}

function enginesOf(project: SmallProject): string[] {
  const marker = join(project.stepFolder("vae"), "complete.json");
  return JSON.parse(Deno.readTextFileSync(marker)).engines;
}

async function assertGoesOn(engine: string): Promise<void> {
  await using calm = await openProject();
  const whole = await calm.train("--engine", engine);
  assert.equal(whole.code, 0, whole.err);
  await using project = await openProject();
  await killInMidStep(project, "--engine", engine);
  // Without --engine: the run remembers.
  const again = await project.train();
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /vae \| continues at epoch 1, batch \d+ of 12/);
  assert.deepEqual(
    await digestsOf(project.stepFolder("vae")),
    await digestsOf(calm.stepFolder("vae")),
  );
  assert.deepEqual(enginesOf(project), enginesOf(calm));
}

testOnTensorflow(
  "kill -9 on tensorflow: the same command goes on with it and ends with the same bytes",
  () => assertGoesOn("tensorflow"),
);

testWithGpu(
  "kill -9 on webgpu: the same command goes on with it and ends with the same bytes",
  () => assertGoesOn("webgpu"),
);

testOnTensorflow(
  "a step begun on wasm goes on with tensorflow where that is asked for; plan, notice and marker say so; --same-engine redoes it",
  async () => {
    await using project = await openProject();
    const { numericClass } = TENSORFLOW!;
    await killInMidStep(project, "--engine", "wasm");
    const [kept] = await project.plan();
    assert.match(kept!.reason, /^continues at epoch 1, batch \d+ of 12$/);
    const [switched] = await project.plan("--engine", "tensorflow");
    assert.equal(switched!.action, "resume");
    assert.ok(
      switched!.reason.endsWith(` on engine ${numericClass}, begun on wasm`),
      switched!.reason,
    );
    const other = await project.train("--engine", "tensorflow");
    assert.equal(other.code, 0, other.err);
    const notice =
      `engine ${numericClass} goes on with what wasm began: the result is close to that of one engine, not equal`;
    assert.ok((other.out + other.err).includes(notice), other.out);
    assert.doesNotMatch(other.out + other.err, /oneDNN|absl/);
    assert.deepEqual(enginesOf(project), ["wasm", numericClass]);
    const { engines } = await savedState(project.stepFolder("vae"));
    assert.deepEqual(engines, ["wasm", numericClass]);
    const [reused] = await project.plan("--engine", "wasm");
    assert.equal(reused!.action, "reuse");
    assert.ok(
      reused!.reason.includes(`on engine ${numericClass}`),
      reused!.reason,
    );
    const same = ["--engine", "wasm", "--same-engine"];
    const [redone] = await project.plan(...same);
    assert.equal(redone!.action, "run");
    assert.match(redone!.reason, /asked for by --same-engine/);
    const last = await project.train(...same);
    assert.equal(last.code, 0, last.err);
    assert.deepEqual(enginesOf(project), ["wasm"]);
  },
);
