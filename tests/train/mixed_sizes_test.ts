// Training on pictures of several sizes, at several resolutions, with damaged ones among them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../../lib/engines/engine.ts";
import { tf } from "../../lib/tensor/tf.ts";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { pictureBytes } from "../data/picture_folder.ts";
import {
  flowStep,
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

/** Sides of the seven pictures; 10 x 7 becomes 12 x 8, since the model halves twice. */
const SIDES = [[8, 8], [12, 8], [8, 8], [12, 8], [8, 12], [8, 8], [10, 7]];
/** Buckets of 3, 3 and 1 pictures in batches of 2. */
const BATCHES = 2 + 2 + 1;

function mixedProject(): TinyProject {
  const project = new TinyProject(SIDES.length);
  for (const [index, [width, height]] of SIDES.entries()) {
    const path = join(project.images, `${index}.png`);
    Deno.writeFileSync(path, pictureBytes(index * 30, width, height));
  }
  return project;
}

function requested(
  project: TinyProject,
  step: TrainStep,
  folder: string,
  data: Partial<StepRequest["data"]> = {},
): StepRequest {
  const request = requestOf(project, step, { folder: project.folder(folder) });
  return { ...request, data: { ...request.data, ...data } };
}

interface Row {
  readonly kind: string;
  readonly global_step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly learning_rates: Readonly<Record<string, number>>;
}

function rowsOf(request: StepRequest): Row[] {
  const text = Deno.readTextFileSync(join(request.folder, "metrics.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("trainBody() trains pictures of several sizes, resumed as uninterrupted, and leaks no tensor", async () => {
  using project = mixedProject();
  const step = vaeStep({ eval_dataset: "held_out" });
  const whole = requested(project, step, "whole");
  await train(requested(project, step, "warm"));
  const before = tf.memory().numTensors;
  await train(whole);
  assert.equal(tf.memory().numTensors, before);
  const expected = stateOf(whole.folder);
  const state = JSON.parse(String(expected["state"]));
  assert.deepEqual([state.batches_per_epoch, state.global_step], [BATCHES, 10]);
  const timings = Deno.readTextFileSync(join(whole.folder, "timings.jsonl"));
  const last = JSON.parse(timings.trimEnd().split("\n").at(-1)!);
  // Pictures of a few bytes are there long before they are wanted.
  const share: number = last.data_wait_share;
  assert.ok(share >= 0 && share < 0.5, `waits ${share} of the time`);
  for (const at of [3]) {
    const request = requested(project, step, `stopped-${at}`);
    await train(request, (done, stop) => done === at && stop());
    await train(request);
    assert.deepEqual(stateOf(request.folder), expected, `batch ${at}`);
  }
});

Deno.test("NX14: several resolutions and max_steps: the schedule ends with the updates that are really made", async () => {
  using project = mixedProject();
  const optimization = {
    optimizers: { vae: { type: "AdamW", lr: 1e-3 } },
    schedulers: {
      vae: {
        type: "LinearLR",
        start_factor: 1,
        end_factor: 0.5,
        total_iters: null,
      },
    },
  } as unknown as TrainStep["optimization"];
  // Every picture at its own size and, with a short side above 4, at 4.
  for (const [max_steps, updates] of [[null, 2 * (5 + 4)], [4, 8]]) {
    const step = vaeStep({ optimization, max_steps: max_steps! });
    const request = requested(project, step, `${max_steps}`, {
      reduced_min_sizes: [4],
    });
    await train(request);
    const rates = rowsOf(request).map((row) => row.learning_rates.vae!);
    assert.equal(rates.length, updates);
    assert.equal(rates[0], 1e-3);
    // The last update is made with the rate just above the end.
    const falling = 1 - 0.5 * (updates! - 1) / updates!;
    assert.ok(Math.abs(rates.at(-1)! / 1e-3 - falling) < 1e-9, `${rates}`);
  }
});

Deno.test("a flow trains on several sizes, from latents that are stored and from ones that are not", async () => {
  using project = mixedProject();
  const vae = requested(project, vaeStep({ n_epochs: 1 }), "vae");
  await train(vae);
  const step = flowStep({ eval_dataset: "held_out" });
  const made: Record<string, unknown>[] = [];
  for (const flip of [false, true]) {
    const request = requestOf(project, step, {
      folder: project.folder(`flow-${flip}`),
      inputs: { vae: vae.folder },
    });
    const data = { ...request.data, reduced_min_sizes: [4] };
    const dataset = { ...request.datasets["train"]!, flip };
    await train({
      ...request,
      data,
      datasets: { train: dataset, held_out: dataset },
    });
    const rows = rowsOf(request).filter(({ kind }) => kind === "train");
    assert.equal(rows.length, 18);
    assert.ok(rows.every(({ metrics }) => Number.isFinite(metrics.flow_loss)));
    made.push(stateOf(request.folder));
  }
  assert.notDeepEqual(made[0], made[1]);
});

Deno.test("corrupt pictures are skipped, counted and named, resumed as uninterrupted", async () => {
  using project = mixedProject();
  spoil(project, 4, (bytes) => bytes.subarray(0, bytes.length - 20));
  spoil(project, 5, () => new TextEncoder().encode("no picture"));
  const data = { max_corrupt_share: 0.3 };
  const step = vaeStep();
  const whole = requested(project, step, "whole", data);
  const { warnings, summary } = await train(whole);
  const place = (index: number) => join(project.images, `${index}.png`);
  assert.equal(warnings.length, 2);
  assert.equal(
    warnings[0],
    `picture "${place(5)}" is skipped: it is neither PNG nor JPEG`,
  );
  assert.ok(
    warnings[1]!.startsWith(
      `picture "${place(4)}" is skipped: its PNG data are damaged`,
    ),
  );
  assert.match(summary!, /; 2 corrupt samples skipped$/);
  assert.equal(rowsOf(whole).at(-1)!.metrics.corrupt_samples, 2);
  const expected = stateOf(whole.folder);
  const state = JSON.parse(String(expected["state"]));
  assert.deepEqual(
    state.corrupt_samples.map(({ name }: { name: string }) => name),
    ["5.png", "4.png"],
  );
  for (const at of [2, 4]) {
    const request = requested(project, step, `stopped-${at}`, data);
    await train(request, (done, stop) => done === at && stop());
    await train(request);
    assert.deepEqual(stateOf(request.folder), expected, `batch ${at}`);
  }
});

Deno.test("one corrupt picture more than the share allows ends the step under its name", async () => {
  using project = mixedProject();
  spoil(project, 4, (bytes) => bytes.subarray(0, bytes.length - 20));
  const request = requested(project, vaeStep(), "strict");
  await assert.rejects(train(request), (error: Error) => {
    assert.match(
      error.message,
      /^Cannot read picture ".*4\.png": its PNG data are damaged .*; 1 of 7 samples is corrupt, more than the share of 0.01 that "data.max_corrupt_share" allows$/,
    );
    return true;
  });
});

function spoil(
  project: TinyProject,
  index: number,
  change: (bytes: Uint8Array) => Uint8Array,
): void {
  const path = join(project.images, `${index}.png`);
  Deno.writeFileSync(path, change(Deno.readFileSync(path)));
}
