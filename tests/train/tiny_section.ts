// The `model` section of a model that trains in milliseconds.
import type { ModelSection } from "../../lib/catalog/pipeline.ts";

/** Sizes that both variants have. */
export const TINY_SIZES = {
  vae_dim: 8,
  downscales: 2,
  compressor_kernel: 4,
  vae_attn_layers: 1,
  vae_heads: 2,
  expander_up_kernel: 4,
  expander_kernel: 3,
  expander_dilation: 1,
  rgb_dim: 16,
  spade_dim: 4,
  feature_maps_dim: 8,
  flow_layers: 1,
  flow_heads: 2,
  text_embedding_dim: 8,
  disc_base: 4,
  disc_depth: 2,
} as const;

/** Sizes of a text encoder, but for its words and the width of its head. */
export const TINY_TEXT = {
  dim: 8,
  layers: 1,
  heads: 2,
  hidden_dim: 16,
  max_positions: 8,
} as const;

export const TINY_MODEL: ModelSection = {
  ...TINY_SIZES,
  variant: "fluxline",
  latent_dim: 4,
  feature_maps_dim_disc: 8,
  noise_schedule: "linear",
  num_train_timesteps: 1000,
  text_encoder: { ...TINY_TEXT, vocab_size: 32, head_dim: 8 },
  pretrained_bert_model: null,
  use_gradient_checkpointing: true,
  model_type: null,
  baseline_activation: null,
  baseline_vae_width_mult: null,
  baseline_vae_depth_mult: null,
  baseline_flow_blocks: null,
  baseline_flow_ffn_expansion: null,
};
