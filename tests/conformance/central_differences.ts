// Gradients of a reference by central differences in float64: no formula that an engine could share a mistake with.
import type { Numbers } from "./reference_array.ts";

const STEP = 1e-5;

/**
 * The gradient of sum(dy * reference(inputs)) with respect to the input number `which`. The error is near 1e-10 for smooth functions of
 * numbers near 1; kinks must be further away than the step.
 */
export function centralDifferences(
  reference: (inputs: readonly Numbers[]) => Numbers,
  inputs: readonly Numbers[],
  which: number,
  dy: Float64Array,
): Numbers {
  const { shape, values } = inputs[which]!;
  const moved = values.slice();
  const near = inputs.with(which, { shape, values: moved });
  const loss = () => {
    const { values } = reference(near);
    let sum = 0;
    for (let k = 0; k < values.length; k++) sum += values[k]! * dy[k]!;
    return sum;
  };
  const gradient = values.map((value, index) => {
    const step = STEP * Math.max(1, Math.abs(value));
    moved[index] = value + step;
    const above = loss();
    moved[index] = value - step;
    const below = loss();
    moved[index] = value;
    return (above - below) / (2 * step);
  });
  return { shape, values: gradient };
}
