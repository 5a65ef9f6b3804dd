// How often each time step of the diffusion is trained; plain numbers.
import type { RandomStream } from "../random/random_stream.ts";

/** Keeps the weight at time 0 below 1 (Nichol and Dhariwal 2021). */
const OFFSET = 0.008;

/** Ways to draw the time of an example; `cosine` is FluxFlow's. */
export const TIME_SAMPLINGS = ["uniform", "cosine", "logit_normal"] as const;

/** One of {@linkcode TIME_SAMPLINGS}. */
export type TimeSampling = typeof TIME_SAMPLINGS[number];

/**
 * Draws whole times 0 to `timeSteps` - 1. `uniform`: all equally often. `cosine`: weighted by cos² of the time, so that the noisy end
 * is hardly ever drawn. `logit_normal`: the sigmoid of a normal number, so that the middle is drawn most (Esser et al. 2024).
 */
export function timeSampler(
  sampling: TimeSampling,
  timeSteps: number,
): (stream: RandomStream) => number {
  switch (sampling) {
    case "uniform":
      return (stream) => stream.integer(timeSteps);
    case "cosine": {
      const distribution = cosineTimeDistribution(timeSteps);
      return (stream) => timeAt(distribution, stream.uniform());
    }
    case "logit_normal":
      return (stream) => {
        const share = 1 / (1 + Math.exp(-stream.normal()));
        return Math.min(timeSteps - 1, Math.floor(share * timeSteps));
      };
    default:
      return sampling satisfies never;
  }
}

/** P(t <= i) for i = 0, 1, ..., of draws weighted by cos² of the time; rises to 1. */
export function cosineTimeDistribution(timeSteps: number): Float64Array {
  const sums = new Float64Array(timeSteps);
  let sum = 0;
  for (let time = 0; time < timeSteps; time++) {
    const share = (time / Math.max(1, timeSteps - 1) + OFFSET) / (1 + OFFSET);
    sum += Math.cos(share * Math.PI / 2) ** 2;
    sums[time] = sum;
  }
  return sums.map((part) => part / sum);
}

/** The time that a uniform number of [0, 1) falls on: the first one whose distribution exceeds it. */
export function timeAt(distribution: Float64Array, uniform: number): number {
  let low = 0;
  let high = distribution.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (distribution[middle]! > uniform) high = middle;
    else low = middle + 1;
  }
  return low;
}
