// Weights of FluxCompressor, the VAE encoder.
import { declareCurve } from "./curve.ts";
import { constant, xavierUniform } from "./initializers.ts";
import { latentDim, type ModelOptions, REPAIRS } from "./model_options.ts";
import type { ParameterList } from "./parameter_list.ts";

/** Layers of each of the three projections behind the stages. */
export const HEAD_LAYERS = 2;

const COLOURS = 3;
const COORDINATES = 2;
const FEED_FORWARD = 2;

/** Channels before the first stage and after each. */
export function stageChannels(options: ModelOptions): number[] {
  const first = COLOURS + COORDINATES;
  const last = Math.max(options.vaeDim, 8);
  return Array.from({ length: options.downscales + 1 }, (_, stage) => {
    return roundHalfToEven(first + (last - first) * stage / options.downscales);
  });
}

/** Declares the encoder's weights in the original's order. */
export function declareCompressor(
  list: ParameterList,
  options: ModelOptions,
): void {
  const channels = stageChannels(options);
  const width = options.vaeDim;
  const latent = latentDim(options);
  for (let stage = 0; stage < options.downscales; stage++) {
    const out = channels[stage + 1]!;
    const name = `encoder_first_step.${stage}.0`;
    list.conv(name, channels[stage]!, out, 3, { bias: false, bezier: true });
    list.conv(`encoder_z.${stage}.0`, out, out, options.compressorKernel, {
      bezier: true,
    });
  }
  for (const head of ["latent_proj", "mu_proj", "logvar_proj"]) {
    for (let layer = 0; layer < HEAD_LAYERS; layer++) {
      const isLast = head !== "latent_proj" && layer === HEAD_LAYERS - 1;
      const inputs = head === "latent_proj" && layer === 0
        ? channels.at(-1)!
        : width;
      list.conv(`${head}.${layer}.0`, inputs, isLast ? latent : width, 1, {
        bezier: true,
      });
    }
  }
  const logVar = REPAIRS[options.variant].quietPosterior
    ? [-9, -7, -5, -3]
    : [-3, -1, 1, 3];
  declareCurve(list, "mu_activation", latent, [-2, -0.5, 0.5, 2]);
  declareCurve(list, "logvar_activation", latent, logVar);
  for (let block = 0; block < options.vaeAttnLayers; block++) {
    declareBlock(list, `token_attn.${block}`, latent);
  }
}

function declareBlock(list: ParameterList, name: string, width: number): void {
  list.norm(`${name}.norm1`, width);
  const inProjection = `${name}.attn.in_proj_weight`;
  list.matrix(
    inProjection,
    width,
    3 * width,
    xavierUniform(list.stream(inProjection)),
  );
  list.plain(`${name}.attn.in_proj_bias`, [3 * width], constant(0));
  list.linear(`${name}.attn.out_proj`, width, width);
  list.norm(`${name}.norm2`, width);
  list.linear(`${name}.ff.0`, width, FEED_FORWARD * width, { bezier: true });
  list.linear(`${name}.ff.2`, FEED_FORWARD * width, width);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
