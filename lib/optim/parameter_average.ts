// Exponential moving average of weights, for samples and held-out figures.
import { StoredStateError } from "../error/failure.ts";
import { areNumbersFar } from "../tensor/far_numbers.ts";
import {
  byPosition,
  hasFusedKernel,
  runFusedKernel,
} from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";
import { lotsOf } from "./lots.ts";
import { numbersOf, ownNumbersOf } from "./numbers.ts";

/** Averages by parameter name, with the parameters' shapes. Whoever holds the value owns its tensors. */
export interface ExponentialMovingAverage {
  /** Share of the old average that each update keeps, in [0, 1). */
  readonly decay: number;
  readonly tensors: ReadonlyMap<string, tf.Tensor>;
}

/** An average that starts at the present values, as FluxFlow's does: no warm-up and no bias correction. */
export function startAverage(
  parameters: ReadonlyMap<string, tf.Tensor>,
  decay: number,
): ExponentialMovingAverage {
  const tensors = new Map<string, tf.Tensor>();
  for (const [name, parameter] of parameters) {
    tensors.set(
      name,
      tf.keep(
        areNumbersFar()
          ? tf.clone(parameter)
          : tf.tensor(ownNumbersOf(parameter), parameter.shape),
      ),
    );
  }
  return { decay, tensors };
}

/**
 * The average after one more set of values: decay · average + (1 − decay) · value. It consumes `average`, whose tensors are
 * disposed; parameters that the average does not hold are left out.
 *
 * @throws {StoredStateError} when a parameter of the average is missing or has another size.
 */
export function updateAverage(
  average: ExponentialMovingAverage,
  parameters: ReadonlyMap<string, tf.Tensor>,
): ExponentialMovingAverage {
  const { decay } = average;
  const pairs = [...average.tensors].map(([name, before]): Pair => {
    const now = parameters.get(name);
    if (now === undefined || now.size !== before.size) {
      const what = now === undefined
        ? "it is missing"
        : `it has shape [${now.shape}]`;
      throw new StoredStateError(
        `Cannot update the average of parameter "${name}" of shape [${before.shape}]: ${what}`,
      );
    }
    return { name, before, now };
  });
  const tensors = new Map<string, tf.Tensor>();
  for (const lot of lotsOf(pairs, ({ before }) => before.size)) {
    const blends = blendedAll(lot, decay);
    lot.forEach(({ name, before }, at) => {
      tensors.set(name, tf.keep(blends[at]!));
      before.dispose();
    });
  }
  return { decay, tensors };
}

interface Pair {
  readonly name: string;
  readonly before: tf.Tensor;
  readonly now: tf.Tensor;
}

function blendedAll(pairs: readonly Pair[], decay: number): tf.Tensor[] {
  if (!hasFusedKernel("FluxBlendAll")) {
    return pairs.map(({ before, now }) => blended(before, now, decay));
  }
  const inputs = [
    ...pairs.map(({ before }) => before),
    ...pairs.map(({ now }) => now),
  ];
  return runFusedKernel("FluxBlendAll", byPosition(inputs), { decay });
}

function blended(
  old: tf.Tensor,
  parameter: tf.Tensor,
  decay: number,
): tf.Tensor {
  if (hasFusedKernel("FluxBlend")) {
    const inputs = { before: old, now: parameter };
    return runFusedKernel("FluxBlend", inputs, { decay })[0]!;
  }
  if (areNumbersFar()) {
    return tf.tidy(() =>
      tf.add(tf.mul(old, decay), tf.mul(parameter, 1 - decay))
    );
  }
  const before = numbersOf(old);
  const now = numbersOf(parameter);
  const next = new Float32Array(now.length);
  for (let i = 0; i < next.length; i++) {
    next[i] = decay * (before[i] as number) + (1 - decay) * (now[i] as number);
  }
  return tf.tensor(next, old.shape);
}

/** Disposes the average's tensors. */
export function disposeAverage(average: ExponentialMovingAverage): void {
  for (const tensor of average.tensors.values()) tensor.dispose();
}
