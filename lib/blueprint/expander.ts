// Weights of FluxExpander, the VAE decoder.
import { declareContextMixer, declareSpade } from "./conditioning.ts";
import { declareCurve } from "./curve.ts";
import type { ModelOptions } from "./model_options.ts";
import type { ParameterList } from "./parameter_list.ts";

const COLOURS = 3;

/** Declares the decoder's weights; `context_mixer` is never used, but files of the original hold it. */
export function declareExpander(
  list: ParameterList,
  options: ModelOptions,
): void {
  const width = options.vaeDim;
  if (options.latentDim !== null) {
    list.conv("latent_in", options.latentDim, width, 1);
  }
  for (let block = 0; block < options.downscales; block++) {
    const name = `upscale.layers.${block}`;
    const sizes = { context: width, channels: width, hidden: options.spadeDim };
    declareSpade(list, `${name}.spade`, sizes);
    list.convTranspose(
      `${name}.conv1.0`,
      width,
      width,
      options.expanderUpKernel,
      { bezier: true },
    );
    list.conv(`${name}.conv1.2`, width, width, options.expanderKernel, {
      bezier: true,
    });
  }
  if (options.latentDim === null) {
    declareContextMixer(list, "context_mixer", width);
  }
  list.conv("to_rgb_conv.0", width, options.rgbDim, 3);
  list.norm("to_rgb_conv.1", options.rgbDim);
  list.conv("to_rgb_conv.3", options.rgbDim, options.rgbDim / 2, 3);
  list.norm("to_rgb_conv.4", options.rgbDim / 2);
  list.conv("to_rgb_conv.6", options.rgbDim / 2, COLOURS, 1);
  declareCurve(list, "rgb_activation", COLOURS, [-1, 0.25, 0.75, 1]);
}
