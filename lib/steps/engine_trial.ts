// Entry of a short process that trains a small VAE for a few steps on one engine: what `engine doctor` reports.
import type { EngineStart } from "../engine_setup/engine_choice.ts";
import { startEngine } from "../engines/engine.ts";
import { Failure, RefusedError, StepFailure } from "../error/failure.ts";
import type { ModelOptions } from "../blueprint/model_options.ts";
import {
  buildModel,
  decode,
  encode,
  type FluxModel,
  latentTokens,
} from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import { ParameterGroup } from "../train/parameter_group.ts";
import type { LossTerms } from "../train/trainer.ts";
import { updateOnce } from "../train/update.ts";

const STEPS = 6;
const SIDE = 32;
const BATCH = 2;

/** Small enough for a second on every engine; it has each kind of layer of the VAE. */
const MODEL: ModelOptions = {
  variant: "fluxline",
  vaeDim: 32,
  latentDim: null,
  downscales: 2,
  compressorKernel: 4,
  vaeAttnLayers: 1,
  vaeHeads: 4,
  expanderUpKernel: 4,
  expanderKernel: 3,
  expanderDilation: 2,
  rgbDim: 16,
  spadeDim: 16,
  featureMapsDim: 16,
  flowLayers: 1,
  flowHeads: 2,
  textEmbeddingDim: 8,
  textEncoder: {
    vocabSize: 8,
    dim: 8,
    layers: 1,
    heads: 1,
    hiddenDim: 8,
    maxPositions: 8,
    headDim: 8,
  },
  discBase: 4,
  discDepth: 1,
  noiseSchedule: "linear",
  trainTimesteps: 1000,
};

if (import.meta.main) {
  const answer = await trial(JSON.parse(Deno.args[0] ?? "null"));
  await Deno.stdout.write(
    new TextEncoder().encode(`${JSON.stringify(answer)}\n`),
  );
  Deno.exit(0);
}

async function trial(start: EngineStart): Promise<object> {
  try {
    const begun = performance.now();
    const { numericClass, device } = await startEngine(start);
    const startMs = performance.now() - begun;
    return { numericClass, device, startMs, ...await trainSteps() };
  } catch (error) {
    const hint = error instanceof Failure ? error.hint ?? null : null;
    const problem = error instanceof Error ? error.message : String(error);
    return { problem, hint, isRefused: error instanceof RefusedError };
  }
}

async function trainSteps(): Promise<object> {
  using model = buildModel(MODEL, {
    components: ["compressor", "expander"],
    seed: 0,
  });
  using group = new ParameterGroup(model.parameters, {
    name: "vae",
    parameterNames: (["compressor", "expander"] as const)
      .flatMap((part) => model.parameters.trainableNames(part)),
    optimizer: { type: "AdamW", lr: 1e-4 },
    scheduler: null,
    totalUpdates: STEPS,
  });
  const images = pictures();
  const losses: number[] = [];
  const times: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const begun = performance.now();
    losses.push(await trainOnce(model, group, images));
    times.push(performance.now() - begun);
  }
  images.dispose();
  const [firstStepMs, ...later] = times;
  const stepMs = later.sort((a, b) => a - b)[Math.floor(later.length / 2)];
  return { firstStepMs, stepMs, loss: losses[0] };
}

/** One update of the reconstruction error alone; answers it. */
async function trainOnce(
  model: FluxModel,
  group: ParameterGroup,
  images: tf.Tensor4D,
): Promise<number> {
  const [, height, width] = images.shape;
  const scale = 2 ** MODEL.downscales;
  const grid = { height: height / scale, width: width / scale };
  const loss = (): LossTerms => {
    const posterior = encode(model, images);
    const tokens = latentTokens(model, posterior.mean, posterior);
    const decoded = decode(model, tokens, grid, { spade: true });
    const total = tf.mean(tf.square(tf.sub(decoded, images))) as tf.Scalar;
    return { total, terms: { recon_loss: total } };
  };
  const { metrics, nonFinite } = await updateOnce(
    { groups: [group], lossMetric: "loss", clippingNorm: 1 },
    { loss, settings: {}, [Symbol.dispose]() {} },
    true,
  );
  if (nonFinite !== null) {
    throw new StepFailure(
      `Cannot train on this engine: "${nonFinite}" is ${metrics[nonFinite]}`,
    );
  }
  // A queue of the engine is not empty before one of the last results is read.
  await [...group.variables.values()].at(-1)!.data();
  return metrics["loss"]!;
}

/** Waves, so that nothing has to be read. */
function pictures(): tf.Tensor4D {
  const count = BATCH * SIDE * SIDE * 3;
  const waves = Float32Array.from(
    { length: count },
    (_, at) => Math.sin(at * 0.37),
  );
  return tf.tensor4d(waves, [BATCH, SIDE, SIDE, 3]);
}
