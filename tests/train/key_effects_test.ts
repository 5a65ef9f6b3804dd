// Keys that FluxFlow reads and drops take effect here: each test fails where its key is dead.
import assert from "node:assert/strict";
import { modelOptionsFrom } from "../../lib/blueprint/section_options.ts";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import {
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { buildModel } from "../../lib/models/flux_model.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { ganStep } from "./gan_step.ts";
import {
  flowStep,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

type Weights = ReadonlyMap<string, Float32Array>;

async function weightsOf(folder: string): Promise<Weights> {
  const stored = await readTensors(await readCurrent(folder), "weights");
  return new Map([...stored].map(([name, { data }]) => [name, data]));
}

/** The weights that a step of this request begins with. */
function freshWeights(
  { model, seed }: StepRequest,
  { components }: TrainStep,
): Weights {
  using built = buildModel(modelOptionsFrom(model), { components, seed });
  const stored = built.parameters.toStored();
  const trainable = new Set(
    components.flatMap((one) => built.parameters.trainableNames(one)),
  );
  return new Map(
    [...stored].filter(([name]) => trainable.has(name))
      .map(([name, { data }]) => [name, data]),
  );
}

/** Length of the step that the weights whose names begin so have made. */
function distance(before: Weights, after: Weights, part: RegExp): number {
  let sum = 0;
  for (const [name, data] of before) {
    if (!part.test(name)) continue;
    const now = after.get(name)!;
    data.forEach((value, at) => sum += (now[at]! - value) ** 2);
  }
  return Math.sqrt(sum);
}

const ONE_UPDATE = { n_epochs: 1, max_steps: 1, use_ema: false } as const;

/** SGD at rate 1: the weights move by exactly the clipped gradient. */
function withSgd(names: readonly string[]): TrainStep["optimization"] {
  const all = <T>(entry: T) =>
    Object.fromEntries(names.map((name) => [name, entry]));
  return {
    optimizers: all({ type: "SGD", lr: 1, momentum: 0, weight_decay: 0 }),
    schedulers: all({ type: "ConstantLR", factor: 1 }),
  } as TrainStep["optimization"];
}

Deno.test("initial_clipping_norm of a step bounds the gradient of every network", async (t) => {
  using project = new TinyProject();
  const cases: readonly {
    readonly step: TrainStep;
    readonly parts: Readonly<Record<string, RegExp>>;
  }[] = [
    {
      step: ganStep({
        ...ONE_UPDATE,
        optimization: withSgd(["vae", "discriminator"]),
      }),
      parts: {
        vae: /^(compressor|expander)\./,
        discriminator: /^(discriminator|D_img)\./,
      },
    },
    {
      step: flowStep({
        ...ONE_UPDATE,
        needs: [],
        init_from: {},
        trains: ["flow_processor", "text_encoder"],
        optimization: withSgd(["flow", "text_encoder"]),
      }),
      parts: { flow: /^flow_processor\./, text_encoder: /^text_encoder\./ },
    },
  ];
  for (const { step, parts } of cases) {
    for (const norm of [1e-2, 1e-3]) {
      const folder = project.folder(`${step.name}-${norm}`);
      const clipped = { ...step, initial_clipping_norm: norm };
      const request = requestOf(project, clipped, { folder });
      await train(request);
      const before = freshWeights(request, step);
      const after = await weightsOf(folder);
      for (const [name, part] of Object.entries(parts)) {
        await t.step(`${name}, at most ${norm}`, () => {
          const moved = distance(before, after, part);
          assert.ok(Math.abs(moved / norm - 1) < 0.02, `moved ${moved}`);
        });
      }
    }
  }
});

/** Whether two requests end with other weights of this part. */
async function differ(
  project: TinyProject,
  one: StepRequest,
  other: StepRequest,
  part: RegExp,
): Promise<boolean> {
  await train(one);
  await train(other);
  const [a, b] = [await weightsOf(one.folder), await weightsOf(other.folder)];
  assert.ok(project.size > 0);
  return distance(a, b, part) > 1e-7;
}

Deno.test("keys of one step reach its training", async (t) => {
  using project = new TinyProject();
  const short = { n_epochs: 1, max_steps: 2, use_ema: false } as const;
  const gan = ganStep(short);
  const flow = flowStep({ ...short, needs: [], init_from: {} });
  const cases: Readonly<
    Record<string, readonly [TrainStep, Partial<TrainStep>, RegExp]>
  > = {
    cfg_dropout_prob: [
      { ...flow, cfg_dropout_prob: 0 },
      { cfg_dropout_prob: 1 },
      /^flow_processor\./,
    ],
    instance_noise_std: [gan, { instance_noise_std: 0.5 }, /^D_img|^discr/],
    instance_noise_decay: [
      { ...gan, instance_noise_std: 0.5, instance_noise_decay: 1 },
      { instance_noise_decay: 0 },
      /^D_img|^discr/,
    ],
    batch_size: [vaeStep(short), { batch_size: 3 }, /^compressor\./],
  };
  for (const [key, [step, change, part]] of Object.entries(cases)) {
    await t.step(key, async () => {
      const one = requestOf(project, step, { folder: project.folder(key) });
      const same = requestOf(project, step, {
        folder: project.folder(`${key}-same`),
      });
      const other = requestOf(project, { ...step, ...change }, {
        folder: project.folder(`${key}-changed`),
      });
      assert.ok(!await differ(project, one, same, part), "it is repeatable");
      assert.ok(await differ(project, one, other, part), "the key has effect");
    });
  }
});

Deno.test("data.img_size and reduced_min_sizes change what is trained on: sizes and the number of batches", async () => {
  using project = new TinyProject(5, 32);
  const stateWith = async (name: string, data: object) => {
    const request = requestOf(
      project,
      vaeStep({ n_epochs: 1, max_steps: 20, use_ema: false }),
      { folder: project.folder(name) },
    );
    await train({ ...request, data: { ...request.data, ...data } });
    const { state } = await readCurrent(request.folder);
    return [state.image.height, state.batches_per_epoch, state.trained?.images];
  };
  assert.deepEqual(await stateWith("plain", {}), [32, 3, 5]);
  assert.deepEqual(await stateWith("small", { img_size: 16 }), [16, 3, 5]);
  const reduced = { reduced_min_sizes: [16, 24] };
  assert.deepEqual(await stateWith("reduced", reduced), [32, 9, 15]);
});

Deno.test("workers starts threads that decode: none at 0, else up to one for each core", async () => {
  using project = new TinyProject();
  const Real = globalThis.Worker;
  let started = 0;
  globalThis.Worker = class extends Real {
    constructor(...args: ConstructorParameters<typeof Real>) {
      super(...args);
      started++;
    }
  };
  try {
    const counts: number[] = [];
    for (const workers of [0, 1, 2]) {
      started = 0;
      const folder = project.folder(`threads-${workers}`);
      await train(
        requestOf(project, vaeStep({ ...ONE_UPDATE, workers }), { folder }),
      );
      counts.push(started);
    }
    assert.deepEqual(counts, [
      ...[0, 1],
      Math.min(2, navigator.hardwareConcurrency),
    ]);
  } finally {
    globalThis.Worker = Real;
  }
});
