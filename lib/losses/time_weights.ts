// How often the original trains each time step of its diffusion; a table of plain numbers.

/** Keeps the weight at time 0 below 1 (Nichol and Dhariwal 2021). */
const OFFSET = 0.008;

/** P(t <= i) for i = 0, 1, ..., of draws weighted by cos² of the time; rises to 1. */
export function cosineTimeDistribution(timeSteps: number): Float64Array {
  const sums = new Float64Array(timeSteps);
  let sum = 0;
  for (let time = 0; time < timeSteps; time++) {
    const share = (time / (timeSteps - 1) + OFFSET) / (1 + OFFSET);
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
