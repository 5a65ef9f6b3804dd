// Sizes and arithmetic of one model: what fixes its weights and what is done with them.

/** Which arithmetic: the original's, defects included, or the repaired one. */
export type Variant = "fluxflow" | "fluxline";

/** Everything that fixes the networks; field by field the `model` section in camel case. */
export interface ModelOptions {
  readonly variant: Variant;
  /** Width of the compressor's end and of the expander. */
  readonly vaeDim: number;
  /** Numbers per latent token; null takes `vaeDim`. */
  readonly latentDim: number | null;
  /** Halvings of the picture's sides on the way to the latent. */
  readonly downscales: number;
  readonly compressorKernel: number;
  readonly vaeAttnLayers: number;
  readonly vaeHeads: number;
  readonly expanderUpKernel: number;
  readonly expanderKernel: number;
  readonly expanderDilation: number;
  readonly rgbDim: number;
  readonly spadeDim: number;
  readonly featureMapsDim: number;
  readonly flowLayers: number;
  readonly flowHeads: number;
  /** Which way noise grows with the time of the diffusion. */
  readonly noiseSchedule: "linear" | "scaled_linear";
  /** Times of the diffusion, at most the rows of the flow's time table. */
  readonly trainTimesteps: number;
  readonly textEmbeddingDim: number;
  readonly textEncoder: TextEncoderOptions;
  /** Channels of the discriminator's first layers. */
  readonly discBase: number;
  /** Halvings of the picture inside the discriminator; each doubles its channels. */
  readonly discDepth: number;
}

/** Sizes of the DistilBERT-like text encoder. */
export interface TextEncoderOptions {
  readonly vocabSize: number;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenDim: number;
  readonly maxPositions: number;
  /** Features between the two Bezier layers of the head. */
  readonly headDim: number;
}

/**
 * How table entries meet the two halves that are rotated into each other. `paired` repeats the table half by half, so
 * that both numbers of a pair turn by one angle: norms are kept and scores depend on offsets alone. `mixed` repeats each
 * entry in place, as the original does, which keeps neither.
 */
export type RotaryTables = "paired" | "mixed";

/** The arithmetic of a variant, one switch per repair; the comment says what the original does instead. */
export interface Repairs {
  /** Encoder stages keep their signal: a parameter-free norm after each Bezier and a pooled shortcut. Original: it dies. */
  readonly liveEncoder: boolean;
  /** Log-variance starts near -6. Original: near 0, more noise than signal. */
  readonly quietPosterior: boolean;
  /** Only the sampled latent reaches the decoder. Original: the encoder's features are added behind the KL term's back. */
  readonly tightBottleneck: boolean;
  /** Bezier parts in transformer blocks are read as they were laid. Original: interleaved, so that features mix up. */
  readonly alignedParts: boolean;
  /**
   * Flow tokens keep their signal: each block adds its curve, gates start neutral, contexts and outputs are normalised.
   * Original: the curve replaces the tokens and every gate halves them, until the output knows nothing of the input.
   */
  readonly liveFlow: boolean;
  /** Flow tokens carry a code of their row and column. Original: only offsets along the raster are known. */
  readonly placedTokens: boolean;
  /** The time table starts as a smooth code, so that neighbouring times share what they learn. Original: 1000 unrelated rows. */
  readonly smoothTime: boolean;
  readonly rotaryTables: RotaryTables;
  /** Time 0..999 is the index. Original: multiplied by 999 and clamped, so that every time but 0 is the same. */
  readonly plainTime: boolean;
  /** The text vector is the mean over words. Original: over padding too. */
  readonly maskedText: boolean;
  /** Every time is trained equally often. Original: cos²-weighted draws, which all but leave out the noisy end. */
  readonly evenTimes: boolean;
  /**
   * The flow learns the mean of each picture's posterior, in a measured scale. Original: a sample with fresh noise every time, in
   * whatever scale the compressor gives.
   */
  readonly steadyLatents: boolean;
  /** A dropped caption becomes the empty one, which a sampler can ask for too. Original: a vector of zeros. */
  readonly emptyCaption: boolean;
  /** The histogram term has a gradient. Original: it counts, which has none. */
  readonly softHistogram: boolean;
  /**
   * Adaptive weights come from the magnitudes of earlier batches. Original: from signed averages, this batch among them, so that a
   * generator that does well is trained to do worse.
   */
  readonly unsignedBalance: boolean;
  /**
   * One decoded picture serves every term, and the verdict's context is held. Original: a second decode for the verdict, of held
   * tokens beside a reconstruction; without one nothing is held.
   */
  readonly sharedPicture: boolean;
  /** Instance noise is added to what the discriminator sees. Original: never, whatever is written. */
  readonly instanceNoise: boolean;
  /**
   * Real and decoded pictures are judged under the same spectral norms, and fresh norms are settled first. Original: one power
   * iteration before each of both, from random vectors.
   */
  readonly steadyNorms: boolean;
}

/** The switches of each variant. */
export const REPAIRS: Readonly<Record<Variant, Repairs>> = {
  fluxflow: {
    liveEncoder: false,
    quietPosterior: false,
    tightBottleneck: false,
    alignedParts: false,
    liveFlow: false,
    placedTokens: false,
    smoothTime: false,
    rotaryTables: "mixed",
    plainTime: false,
    maskedText: false,
    evenTimes: false,
    steadyLatents: false,
    emptyCaption: false,
    softHistogram: false,
    unsignedBalance: false,
    sharedPicture: false,
    instanceNoise: false,
    steadyNorms: false,
  },
  fluxline: {
    liveEncoder: true,
    quietPosterior: true,
    tightBottleneck: true,
    alignedParts: true,
    liveFlow: true,
    placedTokens: true,
    smoothTime: true,
    rotaryTables: "paired",
    plainTime: true,
    maskedText: true,
    evenTimes: true,
    steadyLatents: true,
    emptyCaption: true,
    softHistogram: true,
    unsignedBalance: true,
    sharedPicture: true,
    instanceNoise: true,
    steadyNorms: true,
  },
};

/** Numbers per latent token. */
export function latentDim(options: ModelOptions): number {
  return options.latentDim ?? options.vaeDim;
}

/** Rows and columns of the latent for a picture; both sides are multiples of 2^downscales. */
export function latentGrid(
  options: ModelOptions,
  height: number,
  width: number,
): { readonly height: number; readonly width: number } {
  const scale = 2 ** options.downscales;
  return { height: height / scale, width: width / scale };
}

/** Numbers in the packet that stands for one picture, the size token included. */
export function latentNumbers(
  options: ModelOptions,
  height: number,
  width: number,
): number {
  const grid = latentGrid(options, height, width);
  return (grid.height * grid.width + 1) * latentDim(options);
}
