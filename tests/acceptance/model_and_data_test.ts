// One model builder and one data opener for every task: pipeline mode, legacy mode, evaluate and generate get the same from them.
import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { BatchStream } from "../../lib/data/batch_stream.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import type { Component } from "../../lib/blueprint/parameter_spec.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { openStepDataset } from "../../lib/steps/open_data.ts";
import { openStepModel } from "../../lib/steps/open_step.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { HELD_OUT_COUNT, TRAINED_COUNT } from "./icon_pictures.ts";
import { SmallProject, vaeStep } from "./small_project.ts";

const STEPS = [
  vaeStep("vae", "train_spade: true"),
  "{ name: flow, train_diff: true, n_epochs: 1, freeze: [compressor, expander, text_encoder], optimization: { optimizers: { flow: { type: AdamW, lr: 0.002 } } } }",
  "{ name: measure, task: evaluate, of: vae, needs: [vae], dataset: train }",
  "{ name: draw, task: generate, from: flow, needs: [flow], prompts: [red heart], steps: 2 }",
];
const VAE: readonly Component[] = ["compressor", "expander"];
const ALL: readonly Component[] = [
  ...VAE,
  "flow_processor",
  "text_encoder",
];

Deno.test("openStepModel() builds the same model for pipeline mode, legacy mode, evaluate and generate", async () => {
  await startEngine("wasm");
  await using project = await openProject();
  const { vae, flow, measure, draw, legacy } = await requestsOf(project);
  const before = tf.memory().numTensors;
  const wanted = await freshWeights(vae!, VAE);
  assert.ok(Object.keys(wanted).length > 20);
  for (const request of [legacy!, measure!]) {
    assert.deepEqual(await freshWeights(request, VAE), wanted);
  }
  const whole = await freshWeights(flow!, ALL);
  assert.deepEqual(await freshWeights(draw!, ALL), whole);
  // A part is the same whatever else is built beside it.
  for (const [name, digest] of Object.entries(wanted)) {
    assert.equal(whole[name], digest, name);
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("openStepModel() opens the weights of a finished step for every task", async () => {
  await startEngine("wasm");
  await using project = await openProject();
  assert.equal((await project.train()).code, 0);
  const { vae, measure, draw } = await requestsOf(project);
  const [raw, averaged] = await Promise.all((["raw", "ema"] as const).map(
    (weights) => weightsOf(measure!, { from: vae!.folder, weights }),
  ));
  assert.notDeepEqual(raw, averaged);
  assert.notDeepEqual(raw, await freshWeights(vae!, VAE));
  const drawn = await weightsOf(draw!, { from: vae!.folder, weights: "raw" });
  assert.deepEqual(drawn, raw);
});

Deno.test("openStepDataset() opens the same pictures for pipeline mode, legacy mode and evaluate", async () => {
  await using project = await openProject();
  const { vae, measure, legacy } = await requestsOf(project);
  const contents = await Promise.all([
    contentOf(vae!, "train"),
    contentOf(measure!, "train"),
    contentOf(legacy!, "default"),
  ]);
  assert.equal(contents[0]!.length, TRAINED_COUNT);
  assert.ok(contents[0]![0]!.startsWith("red-heart.png 16x16 red heart "));
  assert.deepEqual(contents[1], contents[0]);
  assert.deepEqual(contents[2], contents[0]);
  await assert.rejects(openStepDataset(quietly(vae!), "heldout"), RangeError);
  const heldOut = await planned(project, "small.yaml", [
    "training.pipeline.steps.vae.eval_dataset=heldout",
  ]);
  const opened = await openStepDataset(quietly(heldOut.vae!), "heldout");
  assert.equal(opened.size, HELD_OUT_COUNT);
});

Deno.test("BatchStream over an opened dataset gives every picture once an epoch, in another order each time", async () => {
  await using project = await openProject();
  const { vae } = await requestsOf(project);
  const dataset = await openStepDataset(quietly(vae!), "train");
  const options = { batchSize: 4, seed: 3, maxBatches: null };
  const orders: number[][] = [];
  for (const epoch of [0, 1]) {
    const batches = new BatchStream(dataset, options);
    const seen: number[] = [];
    for (let at = 0; at < batches.batchesPerEpoch; at++) {
      const batch = await batches.read(epoch, at);
      assert.equal(batch.images.length, batch.size * 16 * 16 * 3);
      assert.ok(batch.images.every((value) => value >= -1 && value <= 1));
      seen.push(...batch.indices);
    }
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      Array.from({ length: TRAINED_COUNT }, (_, index) => index),
    );
    orders.push(seen);
  }
  assert.notDeepEqual(orders[0], orders[1]);
});

async function openProject(): Promise<SmallProject> {
  const project = await SmallProject.open(...STEPS);
  await project.writeLegacy(
    "{ train_vae: true, train_spade: true, n_epochs: 1, lr: 0.002 }",
  );
  return project;
}

type Requests = Readonly<Record<string, StepRequest>>;

/** Requests of the pipeline's steps by name, and of the legacy file's one step as `legacy`. */
async function requestsOf(project: SmallProject): Promise<Requests> {
  const { train } = await planned(project, "legacy.yaml");
  return { ...await planned(project, "small.yaml"), legacy: train! };
}

async function planned(
  project: SmallProject,
  file: string,
  overrides: readonly string[] = [],
): Promise<Requests> {
  const paths = file === "legacy.yaml"
    ? ["data.data_path=train", "data.captions_file=train.tsv"]
    : ["train", "heldout"].flatMap((name) => [
      `training.pipeline.datasets.${name}.image_folder=${name}`,
      `training.pipeline.datasets.${name}.captions_file=${name}.tsv`,
    ]);
  // Data paths are relative to the working directory, which here is not the project.
  const absolute = paths.map((path) => path.replace("=", `=${project.root}/`));
  const loaded = await loadPipeline(project.path(file), {
    overrides: [...absolute, ...overrides],
  });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const plan = await planPipeline(loaded.value, {
    runsDir: project.path("runs"),
  });
  return Object.fromEntries(
    plan.steps.map(({ name, request }) => [name, request]),
  );
}

async function freshWeights(
  request: StepRequest,
  components: readonly Component[],
): Promise<Record<string, string>> {
  const options = { weightsFrom: null, weights: "raw", components } as const;
  using model = await openStepModel(request, options);
  return digests(model.parameters.toStored());
}

async function weightsOf(
  request: StepRequest,
  options: { readonly from: string; readonly weights: "raw" | "ema" },
): Promise<Record<string, string>> {
  using model = await openStepModel(request, {
    weightsFrom: options.from,
    weights: options.weights,
    components: VAE,
  });
  return digests(model.parameters.toStored());
}

function digests(
  stored: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
): Record<string, string> {
  return Object.fromEntries(
    [...stored].map(([name, { shape, data }]) => {
      const bytes = new Uint8Array(
        data.buffer,
        data.byteOffset,
        data.byteLength,
      );
      return [name, `${shape.join("x")} ${sha256Hex(bytes)}`];
    }),
  );
}

/** Name, size, caption and digest of every picture. */
async function contentOf(
  request: StepRequest,
  dataset: string,
): Promise<string[]> {
  const opened = await openStepDataset(quietly(request), dataset);
  const { size } = opened;
  const { width, height } = opened.sizeOf(0);
  return await Promise.all(Array.from({ length: size }, async (_, at) => {
    const digest = sha256Hex(await opened.pixels(at));
    return `${opened.name(at)} ${width}x${height} ${
      opened.caption(at)
    } ${digest}`;
  }));
}

function quietly(request: StepRequest) {
  return {
    request,
    folder: request.folder,
    secrets: {},
    signal: new AbortController().signal,
    log: () => {},
    progress: () => {},
  };
}
