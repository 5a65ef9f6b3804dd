// The `model` section of a pipeline as the options that the networks are built from: the one place where names change case.
import type { ModelSection } from "../catalog/pipeline.ts";
import type { ModelOptions } from "./model_options.ts";

/** Same names and values; keys that build nothing in this version are left out. */
export function modelOptionsFrom(section: ModelSection): ModelOptions {
  const text = section.text_encoder;
  return {
    variant: section.variant,
    vaeDim: section.vae_dim,
    latentDim: section.latent_dim,
    downscales: section.downscales,
    compressorKernel: section.compressor_kernel,
    vaeAttnLayers: section.vae_attn_layers,
    vaeHeads: section.vae_heads,
    expanderUpKernel: section.expander_up_kernel,
    expanderKernel: section.expander_kernel,
    expanderDilation: section.expander_dilation,
    rgbDim: section.rgb_dim,
    spadeDim: section.spade_dim,
    featureMapsDim: section.feature_maps_dim,
    flowLayers: section.flow_layers,
    flowHeads: section.flow_heads,
    noiseSchedule: section.noise_schedule,
    trainTimesteps: section.num_train_timesteps,
    textEmbeddingDim: section.text_embedding_dim,
    textEncoder: {
      vocabSize: text.vocab_size,
      dim: text.dim,
      layers: text.layers,
      heads: text.heads,
      hiddenDim: text.hidden_dim,
      maxPositions: text.max_positions,
      headDim: text.head_dim,
    },
    discBase: section.disc_base,
    discDepth: section.disc_depth,
  };
}
