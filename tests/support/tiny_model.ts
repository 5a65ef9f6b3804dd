// Options of a model that builds and trains in milliseconds.
import type { ModelOptions } from "../../lib/blueprint/model_options.ts";

/** The smallest useful model; `changes` replace single options. */
export function tinyModel(changes: Partial<ModelOptions> = {}): ModelOptions {
  return {
    variant: "fluxline",
    vaeDim: 8,
    latentDim: null,
    downscales: 2,
    compressorKernel: 4,
    vaeAttnLayers: 1,
    vaeHeads: 2,
    expanderUpKernel: 4,
    expanderKernel: 3,
    expanderDilation: 1,
    rgbDim: 16,
    spadeDim: 8,
    featureMapsDim: 16,
    flowLayers: 1,
    flowHeads: 2,
    noiseSchedule: "linear",
    trainTimesteps: 1000,
    textEmbeddingDim: 8,
    textEncoder: {
      vocabSize: 32,
      dim: 8,
      layers: 1,
      heads: 2,
      hiddenDim: 16,
      maxPositions: 16,
      headDim: 8,
    },
    discBase: 4,
    discDepth: 2,
    ...changes,
  };
}
