// The `model` section: sizes of the networks. Defaults are the original's.
import * as v from "valibot";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  section,
  someText,
  wholeNumber,
} from "./option.ts";

const size = wholeNumber({ min: 1 });

const TEXT_ENCODER = closedMap({
  vocab_size: option(
    wholeNumber({ min: 3 }),
    30522,
    "Number of different tokens",
  ),
  dim: option(size, 768, "Width of the text encoder; divisible by its heads"),
  layers: option(size, 6, "Transformer blocks"),
  heads: option(size, 12, "Attention heads"),
  hidden_dim: option(size, 3072, "Width inside the feed-forward blocks"),
  max_positions: option(size, 512, "Longest caption in tokens"),
  head_dim: option(size, 512, "Width of the output head"),
});

/** Schema of the `model` section. */
export const MODEL_SECTION = closedMap({
  variant: option(
    v.picklist(["fluxline", "fluxflow"]),
    "fluxline",
    "fluxline: the original's modules and names, repaired mathematics; fluxflow: the original's arithmetic, defects included",
  ),
  vae_dim: option(
    size,
    128,
    "Width of the VAE; divisible by vae_heads, and by 32 from 32 on",
  ),
  latent_dim: nullable(size, "Numbers per latent token; null means vae_dim"),
  downscales: option(
    wholeNumber({ min: 1, max: 8 }),
    4,
    "Halvings of the picture between pixels and latent",
  ),
  compressor_kernel: option(
    wholeNumber({ min: 2 }),
    8,
    "Kernel of the compressor's strided convolutions; even",
  ),
  vae_attn_layers: option(
    wholeNumber({ min: 0 }),
    4,
    "Attention blocks over the latent tokens",
  ),
  vae_heads: option(size, 8, "Attention heads of the compressor"),
  expander_up_kernel: option(
    wholeNumber({ min: 2 }),
    16,
    "Kernel of the expander's transposed convolutions; even",
  ),
  expander_kernel: option(
    size,
    5,
    "Kernel of the expander's convolutions; odd",
  ),
  expander_dilation: option(size, 2, "Dilation of the expander's convolutions"),
  rgb_dim: option(
    size,
    96,
    "Width of the expander's colour head; divisible by 16",
  ),
  spade_dim: option(size, 128, "Width inside the SPADE modulation"),
  feature_maps_dim: option(
    size,
    128,
    "Width of the flow processor; divisible by flow_heads, head width even",
  ),
  feature_maps_dim_disc: option(
    size,
    8,
    "Width of an image encoder that FluxFlow builds and never trains; anything but 8 is refused",
  ),
  flow_layers: option(size, 10, "Blocks of the flow processor"),
  flow_heads: option(size, 8, "Attention heads of the flow processor"),
  noise_schedule: option(
    v.picklist(["linear", "scaled_linear"]),
    "linear",
    "Noise of the flow's diffusion: linear, from 0.0001 to 0.02, is what FluxFlow trains with; scaled_linear, from 0.00085 to 0.012, what its packaged pipeline samples with",
  ),
  num_train_timesteps: option(
    wholeNumber({ min: 2, max: 1000 }),
    1000,
    "Times of the flow's diffusion",
  ),
  text_embedding_dim: option(size, 1024, "Width of a caption's vector"),
  text_encoder: section(TEXT_ENCODER),
  disc_base: option(size, 64, "Channels of the discriminator's first layers"),
  disc_depth: option(
    wholeNumber({ min: 1, max: 8 }),
    4,
    "Halvings of the picture inside the discriminator; each doubles its channels",
  ),
  pretrained_bert_model: nullable(
    someText(),
    "DistilBERT for the text encoder: a folder, or a name in data.hub_dir; it stays as it is, and only the head trains",
  ),
  use_gradient_checkpointing: option(
    v.boolean(),
    false,
    "true is accepted with a warning: activations are always kept, which changes no result",
  ),
  model_type: nullable(
    v.picklist(["bezier", "baseline"]),
    "The only family is bezier; FluxFlow's baseline is refused",
  ),
  baseline_activation: nullable(someText(), "Of model_type baseline, refused"),
  baseline_vae_width_mult: nullable(
    finiteNumber({ above: 0 }),
    "Of model_type baseline, refused",
  ),
  baseline_vae_depth_mult: nullable(
    finiteNumber({ above: 0 }),
    "Of model_type baseline, refused",
  ),
  baseline_flow_blocks: nullable(size, "Of model_type baseline, refused"),
  baseline_flow_ffn_expansion: nullable(
    finiteNumber({ above: 0 }),
    "Of model_type baseline, refused",
  ),
});

/** The `model` section with its defaults filled in. */
export type ModelSection = Readonly<v.InferOutput<typeof MODEL_SECTION>>;
