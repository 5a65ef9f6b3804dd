// Convolutions of FluxFlow's networks, channels last, with PyTorch's padding rules.
import { tf } from "../tensor/tf.ts";
import { affine } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** Where a convolution reads. */
export interface ConvOptions {
  readonly stride?: number;
  /** Rows and columns of zeros on each side. */
  readonly padding: number;
  readonly dilation?: number;
}

/** Convolution with the scope's `weight` and, where it has one, `bias`. `x`: [N, H, W, C]. */
export function conv2d(
  scope: Scope,
  x: tf.Tensor4D,
  options: ConvOptions,
): tf.Tensor4D {
  const weight = scope.get<tf.Tensor4D>("weight");
  const [kernel, , inputs, outputs] = weight.shape;
  if (kernel === 1) {
    // One by one is a matrix product, and its gradient is then one too.
    return affine(
      x,
      tf.reshape(weight, [inputs, outputs]),
      scope.get<tf.Tensor1D>("bias"),
    );
  }
  const convolved = tf.conv2d(
    x,
    weight,
    options.stride ?? 1,
    options.padding,
    "NHWC",
    options.dilation ?? 1,
  );
  return scope.has("bias") ? tf.add(convolved, scope.get("bias")) : convolved;
}

/**
 * Transposed convolution with stride 2 that doubles height and width; the kernel is even.
 * `x`: [N, H, W, C]; returns [N, 2H, 2W, out].
 */
export function convTranspose2d(scope: Scope, x: tf.Tensor4D): tf.Tensor4D {
  const weight = scope.get<tf.Tensor4D>("weight");
  const [batch, height, width] = x.shape;
  const [kernel, , outputs] = weight.shape;
  const grown = tf.conv2dTranspose(
    x,
    weight,
    [batch, 2 * height, 2 * width, outputs],
    2,
    kernel / 2 - 1,
  );
  return tf.add(grown, scope.get("bias"));
}

/** Appends two channels, x then y, each from -1 to 1 over the picture. `x`: [N, H, W, C]. */
export function withCoordinates(x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width] = x.shape;
    const across = tf.reshape(tf.linspace(-1, 1, width), [1, 1, width, 1]);
    const down = tf.reshape(tf.linspace(-1, 1, height), [1, height, 1, 1]);
    return tf.concat([
      x,
      tf.tile(across, [batch, height, 1, 1]) as tf.Tensor4D,
      tf.tile(down, [batch, 1, width, 1]) as tf.Tensor4D,
    ], 3);
  });
}
