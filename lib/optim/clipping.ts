// Bounds the gradients of several tensors by their common norm.
import { areNumbersFar } from "../tensor/far_numbers.ts";
import {
  byPosition,
  hasFusedKernel,
  runFusedKernel,
} from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";
import { lotsOf } from "./lots.ts";
import { globalNorm, ownNumbersOf } from "./numbers.ts";

/** Gradients within the bound, and what the norm was before. */
export interface ClippedGradients {
  readonly grads: ReadonlyMap<string, tf.Tensor>;
  /** The norm before clipping; not finite exactly when a gradient is not, and then nothing was scaled. */
  readonly norm: number;
}

/** PyTorch's guard against a division by zero; it also makes a clipped norm a little smaller than the bound. */
const NORM_MARGIN = 1e-6;

/**
 * Scales all gradients by one factor so that their common L2 norm is at most `maxNorm`; 0 or null means no bound.
 *
 * It consumes `grads`: what it replaces it disposes, and the caller then owns exactly the tensors of the result.
 * Source: Pascanu et al. 2013; factor as in PyTorch's `clip_grad_norm_`.
 */
export async function clipByGlobalNorm(
  grads: ReadonlyMap<string, tf.Tensor>,
  maxNorm: number | null,
): Promise<ClippedGradients> {
  return clipToNorm(grads, { norm: await globalNorm(grads), maxNorm });
}

/** The same for gradients whose norm is known. */
export function clipToNorm(
  grads: ReadonlyMap<string, tf.Tensor>,
  { norm, maxNorm }: {
    readonly norm: number;
    readonly maxNorm: number | null;
  },
): ClippedGradients {
  const bound = maxNorm ?? 0;
  const factor = bound > 0 ? bound / (norm + NORM_MARGIN) : 1;
  if (!(factor < 1) || !Number.isFinite(norm)) return { grads, norm };
  const clipped = new Map<string, tf.Tensor>();
  for (const lot of lotsOf(grads, ([, gradient]) => gradient.size)) {
    const gradients = lot.map(([, gradient]) => gradient);
    const results = scaledAll(gradients, factor);
    lot.forEach(([name], at) => clipped.set(name, results[at]!));
    tf.dispose(gradients);
  }
  return { grads: clipped, norm };
}

/** The caller owns the results. */
function scaledAll(
  gradients: readonly tf.Tensor[],
  factor: number,
): tf.Tensor[] {
  return hasFusedKernel("FluxScaleAll")
    ? runFusedKernel("FluxScaleAll", byPosition(gradients), { factor })
    : gradients.map((gradient) => scaled(gradient, factor));
}

/** The caller owns the result. */
function scaled(gradient: tf.Tensor, factor: number): tf.Tensor {
  if (hasFusedKernel("FluxScale")) {
    return runFusedKernel("FluxScale", { x: gradient }, { factor })[0]!;
  }
  if (areNumbersFar()) return tf.mul(gradient, factor);
  const numbers = ownNumbersOf(gradient);
  for (let k = 0; k < numbers.length; k++) {
    numbers[k] = (numbers[k] as number) * factor;
  }
  return tf.tensor(numbers, gradient.shape);
}
