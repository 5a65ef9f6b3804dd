// Weights of PatchDiscriminator, and the vectors of their spectral norms.
import { latentDim, type ModelOptions } from "./model_options.ts";
import type { ParameterList } from "./parameter_list.ts";
import { declareSpectralConv, declareSpectralLinear } from "./spectral.ts";

const COLOURS = 3;
const KERNEL = 3;

/** One convolution of the discriminator. */
export interface ConvName {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** Declares the discriminator's weights and the vectors of their spectral norms. */
export function declareDiscriminator(
  list: ParameterList,
  options: ModelOptions,
): void {
  for (const { name, inputs, outputs } of convolutions(options)) {
    declareSpectralConv(list, name, { inputs, outputs, kernel: KERNEL });
  }
  const width = widestOf(options);
  declareSpectralLinear(list, "ctx_proj.0", latentDim(options), width);
  declareSpectralLinear(list, "ctx_proj.2", width, width);
}

/** Its convolutions in a picture's order. */
export function convolutions(options: ModelOptions): ConvName[] {
  const { discBase, discDepth } = options;
  const list: ConvName[] = [
    { name: "backbone.0.0", inputs: COLOURS, outputs: discBase },
    { name: "backbone.0.2", inputs: discBase, outputs: discBase },
  ];
  for (let block = 0; block < discDepth; block++) {
    const narrow = discBase * 2 ** block;
    const wide = 2 * narrow;
    const parts = ["conv1.0", "conv1.2", "conv2.0", "conv2.2"];
    list.push(...parts.map((part, index) => ({
      name: `backbone.${block + 2}.${part}`,
      inputs: index === 0 ? narrow : wide,
      outputs: wide,
    })));
  }
  return [...list, { name: "head", inputs: widestOf(options), outputs: 1 }];
}

function widestOf({ discBase, discDepth }: ModelOptions): number {
  return discBase * 2 ** discDepth;
}
