// How much signal is left at each of the diffusion's time steps; tables of plain numbers.

/** Which way β rises: evenly, or evenly in its root. */
export type BetaSchedule = "linear" | "scaled_linear";

/** Signal and noise per time step; index 0 is the clean end. */
export interface DiffusionSchedule {
  readonly timeSteps: number;
  /** ᾱ: the share of the signal's variance. */
  readonly alphasCumprod: Float64Array;
  /** √ᾱ and √(1 − ᾱ), what signal and noise are multiplied by. */
  readonly signal: Float64Array;
  readonly noise: Float64Array;
}

/** First and last β of both schedules: FluxFlow trains with the first and its packaged pipeline samples with the second. */
const BETA_RANGE = {
  linear: [1e-4, 0.02],
  scaled_linear: [0.00085, 0.012],
} as const;

/**
 * The tables of `kind` for `timeSteps` steps (1000 in FluxFlow).
 * Source: Ho et al. 2020 (linear), Rombach et al. 2022 (scaled linear).
 */
export function diffusionSchedule(
  kind: BetaSchedule,
  timeSteps = 1000,
): DiffusionSchedule {
  const [first, last] = BETA_RANGE[kind];
  const alphasCumprod = new Float64Array(timeSteps);
  let left = 1;
  for (let t = 0; t < timeSteps; t++) {
    const share = timeSteps > 1 ? t / (timeSteps - 1) : 0;
    left *= 1 - betaAt(kind, share, [first, last]);
    alphasCumprod[t] = left;
  }
  return {
    timeSteps,
    alphasCumprod,
    signal: alphasCumprod.map(Math.sqrt),
    noise: alphasCumprod.map((alpha) => Math.sqrt(1 - alpha)),
  };
}

function betaAt(
  kind: BetaSchedule,
  share: number,
  [first, last]: readonly [number, number],
): number {
  if (kind === "linear") return first + (last - first) * share;
  const root = Math.sqrt(first) + (Math.sqrt(last) - Math.sqrt(first)) * share;
  return root * root;
}
