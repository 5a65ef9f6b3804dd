// Stride and dilation of a convolution. Kernels of our own take one number for rows and columns alike, as FluxFlow's layers have it.
import type { tf } from "../tensor/tf.ts";

/**
 * Both as single numbers.
 *
 * @throws {RangeError} where rows and columns differ: the result would be another convolution's
 */
export function evenSteps(
  { strideHeight, strideWidth, dilationHeight, dilationWidth }:
    tf.backend_util.Conv2DInfo,
): { stride: number; dilation: number } {
  if (strideHeight !== strideWidth || dilationHeight !== dilationWidth) {
    throw new RangeError(
      `Cannot convolve with stride ${strideHeight} by ${strideWidth} and dilation ${dilationHeight} by ${dilationWidth}: rows and columns must have the same`,
    );
  }
  return { stride: strideHeight, dilation: dilationHeight };
}
