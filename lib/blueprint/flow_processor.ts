// Weights of FluxFlowProcessor, the flow transformer.
import { declareContextMixer, declareGatedInjection } from "./conditioning.ts";
import { declareCurve } from "./curve.ts";
import { constant, normal, xavierUniform } from "./initializers.ts";
import { latentDim, type ModelOptions, REPAIRS } from "./model_options.ts";
import type { ParameterList } from "./parameter_list.ts";
import { fillWithWaves } from "./waves.ts";

/** Times that the embedding table knows. */
export const TIME_STEPS = 1000;
/** Side branches of a block, each a small network of `PILLAR_DEPTH` layers. */
export const PILLARS: readonly string[] = ["p0", "p1", "p2", "p3"];
/** Layers of a pillar. */
export const PILLAR_DEPTH = 3;

const CURVE_START = [1e-8, 0.25, 0.75, 1];

/** Declares the transformer's weights, and the statistics that normalise latents as buffers. */
export function declareFlowProcessor(
  list: ParameterList,
  options: ModelOptions,
): void {
  const width = options.featureMapsDim;
  const latent = latentDim(options);
  list.linear("vae_to_dmodel", latent, width);
  list.linear("dmodel_to_vae", width, latent);
  declareContextMixer(list, "ctx_mixer", width);
  list.linear("text_proj", options.textEmbeddingDim, width);
  const table = "time_embed.0.weight";
  const rows = REPAIRS[options.variant].smoothTime
    ? fillWithWaves
    : normal(list.stream(table), 1);
  list.plain(table, [TIME_STEPS, width], rows);
  list.norm("time_embed.1", width);
  declareCurve(list, "time_embed.2", width, CURVE_START);
  list.linear("time_embed.3", width, options.textEmbeddingDim);
  declareGatedInjection(list, "context_injection", width, width);
  for (let block = 0; block < options.flowLayers; block++) {
    declareBlock(list, `transformer_blocks.${block}`, width);
  }
  list.conv("flow_predictor.0", width, width, 5);
  declareCurve(list, "flow_predictor.1", width, CURVE_START, [width, 1, 1]);
  list.conv("flow_predictor.2", width, width, 3);
  list.conv("context_final.0", width + 2, width, 7);
  declareCurve(list, "context_final.1", width, CURVE_START, [width, 1, 1]);
  list.plain("latent_mean", [latent], constant(0), false);
  list.plain("latent_std", [latent], constant(1), false);
}

function declareBlock(list: ParameterList, name: string, width: number): void {
  const xavier = {
    weight: (weight: string) => xavierUniform(list.stream(weight)),
  };
  for (const attention of ["self_attn", "cross_attn"]) {
    list.linear(`${name}.${attention}.q_proj`, width, width, xavier);
    list.linear(`${name}.${attention}.kv_proj`, width, 2 * width, xavier);
    list.linear(`${name}.${attention}.out_proj`, width, width, xavier);
  }
  for (const norm of ["norm1", "norm2", "norm3"]) {
    list.norm(`${name}.${norm}`, width);
  }
  for (const pillar of PILLARS) {
    for (let layer = 0; layer < PILLAR_DEPTH; layer++) {
      list.linear(`${name}.${pillar}.${layer}.0`, width, width, xavier);
    }
  }
  list.linear(`${name}.ffn.0`, width, width, xavier);
}
