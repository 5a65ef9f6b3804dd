// The sizes of a model from the shapes of its arrays, for files that do not tell them.
import type { Component } from "../blueprint/parameter_spec.ts";
import { BEZIER_PARTS } from "../blueprint/parameter_spec.ts";
import { componentOfName, foreignName } from "./file_names.ts";

/** Shapes by our names. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Options of the `model` section by dotted key, such as `text_encoder.dim`. */
export type Sizes = Readonly<Record<string, number | null>>;

/** What shapes tell. */
export interface InferredSizes {
  readonly sizes: Sizes;
  /** Options on which the arrays do not agree, each as one clause. */
  readonly disagreements: readonly string[];
}

/** Numbers per latent token, from which `latent_dim` follows. */
const LATENT = "latent";

/** Option, array, axis, and what the axis is divided by. The first array of an option wins a tie. */
type SizeRule = readonly [string, string, number, number?];

const BLOCK = "expander.upscale.layers.0";
const EMBEDDINGS = "text_encoder.language_model.embeddings";
const LAYER = "text_encoder.language_model.transformer.layer.0";
const HEAD = "text_encoder.ouput_layer";

const RULES: readonly SizeRule[] = [
  ["vae_dim", "compressor.mu_proj.0.0.weight", 1],
  ["vae_dim", "compressor.logvar_proj.0.0.weight", 1],
  ["vae_dim", `${BLOCK}.conv1.2.weight`, 1],
  ["vae_dim", `${BLOCK}.conv1.0.weight`, 0],
  ["vae_dim", "expander.to_rgb_conv.0.weight", 1],
  [LATENT, "compressor.mu_activation.p0", 0],
  [LATENT, "compressor.logvar_activation.p0", 0],
  [LATENT, "expander.latent_in.weight", 1],
  [LATENT, "flow_processor.vae_to_dmodel.weight", 1],
  [LATENT, "flow_processor.dmodel_to_vae.weight", 0],
  [LATENT, "discriminator.ctx_proj.0.weight_orig", 1],
  ["compressor_kernel", "compressor.encoder_z.0.0.weight", 2],
  ["compressor_kernel", "compressor.encoder_z.1.0.weight", 2],
  ["expander_up_kernel", `${BLOCK}.conv1.0.weight`, 2],
  ["expander_kernel", `${BLOCK}.conv1.2.weight`, 2],
  ["rgb_dim", "expander.to_rgb_conv.0.weight", 0],
  ["rgb_dim", "expander.to_rgb_conv.1.weight", 0],
  ["rgb_dim", "expander.to_rgb_conv.3.weight", 1],
  ["spade_dim", `${BLOCK}.spade.mlp_shared.0.weight`, 0],
  ["spade_dim", `${BLOCK}.spade.mlp_gamma.weight`, 1],
  ["spade_dim", `${BLOCK}.spade.mlp_beta.weight`, 1],
  ["feature_maps_dim", "flow_processor.vae_to_dmodel.weight", 0],
  ["feature_maps_dim", "flow_processor.text_proj.weight", 0],
  ["feature_maps_dim", "flow_processor.dmodel_to_vae.weight", 1],
  ["text_embedding_dim", "flow_processor.text_proj.weight", 1],
  ["text_embedding_dim", "flow_processor.time_embed.3.weight", 0],
  ["text_embedding_dim", `${HEAD}.3.weight`, 0, BEZIER_PARTS],
  ["text_encoder.vocab_size", `${EMBEDDINGS}.word_embeddings.weight`, 0],
  ["text_encoder.dim", `${EMBEDDINGS}.word_embeddings.weight`, 1],
  ["text_encoder.dim", `${EMBEDDINGS}.LayerNorm.weight`, 0],
  ["text_encoder.dim", `${EMBEDDINGS}.position_embeddings.weight`, 1],
  ["text_encoder.hidden_dim", `${LAYER}.ffn.lin1.weight`, 0],
  ["text_encoder.hidden_dim", `${LAYER}.ffn.lin2.weight`, 1],
  ["text_encoder.max_positions", `${EMBEDDINGS}.position_embeddings.weight`, 0],
  ["text_encoder.head_dim", `${HEAD}.0.weight`, 0, BEZIER_PARTS],
  ["text_encoder.head_dim", `${HEAD}.3.weight`, 1],
  ["disc_base", "discriminator.backbone.0.0.weight_orig", 0],
  ["disc_base", "discriminator.backbone.0.2.weight_orig", 1],
];

/** Option and where its repeated parts are numbered from 0. */
const COUNTS: readonly (readonly [string, string])[] = [
  ["downscales", "compressor.encoder_first_step."],
  ["downscales", "expander.upscale.layers."],
  ["vae_attn_layers", "compressor.token_attn."],
  ["flow_layers", "flow_processor.transformer_blocks."],
  ["text_encoder.layers", "text_encoder.language_model.transformer.layer."],
  ["disc_depth", "discriminator.backbone."],
];
/** Parts of the discriminator's backbone that are no blocks: the stem and what follows it, which has no weights. */
const STEM_PARTS = 2;

/** Options that no shape tells. FluxFlow has one value for each. */
export const UNSEEN: Readonly<Record<string, Component>> = {
  vae_heads: "compressor",
  expander_dilation: "expander",
  flow_heads: "flow_processor",
  "text_encoder.heads": "text_encoder",
};

/** One size and what tells it. */
interface Sighting {
  readonly value: number;
  readonly by: string;
}

/** Reads the sizes; where arrays do not agree, what most of them say. */
export function inferSizes(shapes: Shapes): InferredSizes {
  const sightings = new Map<string, Sighting[]>();
  const see = (key: string, value: number, by: string) =>
    sightings.set(key, [...sightings.get(key) ?? [], { value, by }]);
  for (const [key, name, axis, divisor = 1] of RULES) {
    const side = shapes.get(name)?.[axis];
    if (side !== undefined && side % divisor === 0) {
      see(key, side / divisor, foreignName(name));
    }
  }
  const held = new Set([...shapes.keys()].map(componentOfName));
  for (const [key, prefix] of COUNTS) {
    const component = componentOfName(prefix);
    if (!held.has(component)) continue;
    const stem = component === "discriminator" ? STEM_PARTS : 0;
    see(
      key,
      Math.max(highestNumber(shapes, prefix) - stem, 0),
      foreignName(prefix) + "*",
    );
  }
  const hasWayIn = shapes.has("expander.latent_in.weight");
  if (held.has("expander") && !hasWayIn) {
    const width = mostSaid(sightings.get("vae_dim"));
    if (width !== undefined) {
      see(LATENT, width, "diffuser.expander without a latent_in");
    }
  }
  const sizes: Record<string, number | null> = {};
  const disagreements: string[] = [];
  for (const [key, seen] of sightings) {
    sizes[key] = mostSaid(seen)!;
    const other = seen.find(({ value }) => value !== sizes[key]);
    if (other === undefined) continue;
    const one = seen.find(({ value }) => value === sizes[key])!;
    disagreements.push(
      `"model.${key}" is ${one.value} by ${one.by} and ${other.value} by ${other.by}`,
    );
  }
  return { sizes: withLatentDim(sizes, hasWayIn, held), disagreements };
}

function withLatentDim(
  { [LATENT]: latent, ...sizes }: Sizes,
  hasWayIn: boolean,
  held: ReadonlySet<Component | null>,
): Sizes {
  if (latent === undefined || latent === null) return sizes;
  const width = sizes["vae_dim"] ?? latent;
  const isNarrow = held.has("expander") ? hasWayIn : latent !== width;
  return { ...sizes, vae_dim: width, latent_dim: isNarrow ? latent : null };
}

function highestNumber(shapes: Shapes, prefix: string): number {
  let count = 0;
  for (const name of shapes.keys()) {
    if (!name.startsWith(prefix)) continue;
    const number = parseInt(name.slice(prefix.length), 10);
    if (number >= count) count = number + 1;
  }
  return count;
}

function mostSaid(seen: readonly Sighting[] = []): number | undefined {
  const votes = new Map<number, number>();
  for (const { value } of seen) votes.set(value, (votes.get(value) ?? 0) + 1);
  return [...votes].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}
