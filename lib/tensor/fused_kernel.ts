// Fused kernels: operations that an engine may offer as one kernel. Where it does not, callers compose them from ops.
import { tf } from "./tf.ts";

/** Names and attributes of the kernels that engines may register beyond tfjs's. */
export interface FusedKernels {
  /** x [..., 5F] to [..., F]. */
  FluxBezier: { readonly silu: boolean };
  /** (x, dy) to the gradient of x. */
  FluxBezierGrad: { readonly silu: boolean };
  /** (x, dy) to the gradient of a filter. */
  FluxFilterGradient: {
    readonly filterShape: readonly number[];
    readonly stride: number;
    readonly dilation: number;
    /** Rows above and below, columns left and right. */
    readonly padding: readonly [number, number, number, number];
  };
  /** (dy, filter) to the gradient of a convolution's input. */
  FluxInputGradient: {
    readonly inputShape: readonly number[];
    readonly stride: number;
    readonly dilation: number;
    readonly padding: readonly [number, number, number, number];
  };
  /** filter [h, w, in, out], turned by half a turn, to [h, w, out, in]. */
  FluxTurnFilter: Record<never, never>;
  /** x to y, mean 0 and variance 1 over the last axis, and the inverse deviations, one for each row. */
  FluxLayerNormalize: { readonly epsilon: number };
  /** (y, dy, inverse) to the gradient of x. */
  FluxLayerNormalizeGrad: Record<never, never>;
  /** x [N, H, W, C] to y of that shape and the inverse deviations, one for each of [N, groups]. */
  FluxGroupNormalize: { readonly groups: number; readonly epsilon: number };
  /** (y, dy, inverse) to the gradient of x. */
  FluxGroupNormalizeGrad: { readonly groups: number };
  /** Any number of tensors by name to the sum of all their squares, a scalar. */
  FluxSquareSum: Record<never, never>;
  /** (x [..., in], weight [in, out], bias [out]) to [..., out]. */
  FluxAffine: Record<never, never>;
  /** (x, weight, dy) to the gradients of x, weight and bias. */
  FluxAffineGrad: Record<never, never>;
  /** x to x times the factor. */
  FluxScale: { readonly factor: number };
  /** (before, now) to decay before + (1 - decay) now. */
  FluxBlend: { readonly decay: number };
  /** All before, then all now, to all blends. */
  FluxBlendAll: { readonly decay: number };
  /** Any number of tensors by name to each of them times the factor, in their order. */
  FluxScaleAll: { readonly factor: number };
  /** (weights, gradient, mean, square), all of one shape, to the new weights, mean and square. */
  FluxAdam: AdamNumbers;
  /** All weights, then all gradients, means and squares in that order, to all new weights, means and squares. */
  FluxAdamAll: AdamNumbers;
}

/**
 * What one update of Adam or AdamW computes with:
 * g = gradient + pull w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * w = keep w - stepSize m / (sqrt(v) / rootCorrection + eps).
 */
export interface AdamNumbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Share of the weights that decoupled decay leaves. */
  readonly keep: number;
  /** Share of the weights that joins the gradient. */
  readonly pull: number;
  /** The rate over the correction of the mean's bias. */
  readonly stepSize: number;
  /** Root of the correction of the square's bias. */
  readonly rootCorrection: number;
}

/** Whether the running engine has the kernel. */
export function hasFusedKernel(name: keyof FusedKernels): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

/** Names for the inputs of a kernel that takes any number of tensors: their positions, which keep their order. */
export function byPosition(
  tensors: readonly tf.Tensor[],
): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, at) => [`${at}`, tensor]));
}

/** Runs a kernel that {@linkcode hasFusedKernel} found; gradients are the caller's business. */
export function runFusedKernel<K extends keyof FusedKernels>(
  name: K,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: FusedKernels[K],
): tf.Tensor[] {
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(
    name,
    inputs as tf.NamedTensorMap,
    attributes as object as Parameters<
      ReturnType<typeof tf.engine>["runKernel"]
    >[2],
  );
  return Array.isArray(outputs) ? outputs : [outputs];
}
