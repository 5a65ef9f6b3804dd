// What both sides of the bench train: sizes, weights and one batch, as a file that Python reads too.
import type { ModelOptions } from "../../lib/blueprint/model_options.ts";
import { modelSpecs } from "../../lib/blueprint/model_specs.ts";
import type { Component } from "../../lib/blueprint/parameter_spec.ts";
import { sizeOf } from "../../lib/blueprint/parameter_spec.ts";
import {
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";

/** The training steps that are timed. */
export const STEPS = ["vae", "flow", "vae_large"] as const;

/** The name of a training step. */
export type StepName = (typeof STEPS)[number];

/** The components that a step trains. */
export const TRAINED: Readonly<Record<StepName, readonly Component[]>> = {
  vae: ["compressor", "expander"],
  vae_large: ["compressor", "expander"],
  flow: ["flow_processor"],
};

/** FluxFlow's defaults at width 32. */
const MODEL: ModelOptions = {
  variant: "fluxline",
  vaeDim: 32,
  latentDim: null,
  downscales: 4,
  compressorKernel: 8,
  vaeAttnLayers: 4,
  vaeHeads: 8,
  expanderUpKernel: 16,
  expanderKernel: 5,
  expanderDilation: 2,
  rgbDim: 96,
  spadeDim: 128,
  featureMapsDim: 32,
  flowLayers: 10,
  flowHeads: 8,
  noiseSchedule: "linear",
  trainTimesteps: 1000,
  textEmbeddingDim: 1024,
  textEncoder: {
    vocabSize: 32,
    dim: 8,
    layers: 1,
    heads: 1,
    hiddenDim: 8,
    maxPositions: 8,
    headDim: 8,
  },
  discBase: 4,
  discDepth: 1,
};

/** The batch and what is done with it; Python is told the same numbers. */
interface Settings {
  readonly batch: number;
  readonly side: number;
  readonly klBeta: number;
  readonly mseWeight: number;
  readonly clippingNorm: number;
  readonly lr: number;
  readonly weightDecay: number;
}

const SETTINGS: Settings = {
  batch: 2,
  side: 64,
  klBeta: 1e-4,
  mseWeight: 0.1,
  clippingNorm: 1,
  lr: 1e-4,
  weightDecay: 0.01,
};

/** What a step trains, and on what. */
export interface Workload {
  readonly model: ModelOptions;
  readonly settings: Settings;
}

const SMALL: Workload = { model: MODEL, settings: SETTINGS };

/** By the name of the step. The large one is for a GPU. */
export const WORKLOADS: Readonly<Record<StepName, Workload>> = {
  vae: SMALL,
  flow: SMALL,
  vae_large: {
    model: { ...MODEL, vaeDim: 64 },
    settings: { ...SETTINGS, batch: 16 },
  },
};

const SEED = 7;

/** Weights as PyTorch lays them out, and inputs as `input.<name>`, channels last. */
function startTensors(step: StepName): Map<string, SafeTensor> {
  const tensors = new Map<string, SafeTensor>();
  const build = { components: TRAINED[step], seed: SEED };
  for (
    const { name, shape, initial, trainable } of modelSpecs(
      WORKLOADS[step].model,
      build,
    )
  ) {
    if (!trainable) continue;
    const data = new Float32Array(sizeOf(shape));
    initial(data, shape);
    tensors.set(name, { dtype: "F32", shape: [...shape], data });
  }
  for (const [name, shape] of Object.entries(inputShapes(step))) {
    const data = new Float32Array(sizeOf(shape));
    RandomStream.of(SEED, `bench/${name}`).fillNormal(data);
    // Pictures lie in [-1, 1].
    if (name === "images") data.forEach((x, at) => data[at] = Math.tanh(x));
    if (name === "time") data.set([250, 703]);
    tensors.set(`input.${name}`, { dtype: "F32", shape, data });
  }
  return tensors;
}

/** The bytes of {@linkcode startTensors}. */
export function startFile(step: StepName): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(startTensors(step));
}

function inputShapes(step: StepName): Record<string, number[]> {
  const { model, settings: { batch, side } } = WORKLOADS[step];
  const { downscales, vaeDim, textEmbeddingDim } = model;
  const grid = side / 2 ** downscales;
  if (step !== "flow") {
    return {
      images: [batch, side, side, 3],
      noise: [batch, grid, grid, vaeDim],
    };
  }
  const tokens = [batch, grid * grid, vaeDim];
  return {
    noisy: tokens,
    target: tokens,
    text: [batch, textEmbeddingDim],
    time: [batch],
  };
}
