// LPIPS (Zhang et al. 2018): the distance of two pictures in the features of VGG16, weighted channel by channel. Its weights come from a
// file and never train.
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import {
  headName,
  VGG_BLOCKS,
  type VggConvolution,
  vggName,
} from "../exchange/perceptual_weights.ts";
import { tf } from "../tensor/tf.ts";

/** LPIPS's own scaling of pictures in [-1, 1], per channel. */
const SHIFT = [-0.030, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.450];

/** LPIPS's guard where all features of a place are zero. */
const EPSILON = 1e-10;

/** Least sum of squares under the root: its derivative stays finite where a place has no feature. */
const LEAST_SQUARE = 1e-20;

/** Sides below this have nothing left after VGG16's four halvings. */
export const LEAST_SIDE = 16;

/** Features of pictures at the end of each of the five blocks, [N, h, w, C], each place of length 1. */
export type PerceptualFeatures = readonly tf.Tensor4D[];

interface Layer {
  /** [3, 3, in, out] */
  readonly filter: tf.Tensor4D;
  readonly bias: tf.Tensor1D;
}

interface Block {
  readonly layers: readonly Layer[];
  /** Weight of each channel's squared difference, [C]. */
  readonly head: tf.Tensor1D;
}

/** Owns the weights; dispose it to free them. */
export class PerceptualDistance implements Disposable {
  readonly #blocks: readonly Block[];

  /** `arrays`: what `readPerceptualWeights` answers. */
  constructor(arrays: ReadonlyMap<string, StoredArray>) {
    this.#blocks = VGG_BLOCKS.map((convolutions, block) => ({
      layers: convolutions.map((one) => layerOf(arrays, one)),
      head: tf.tensor1d(arrays.get(headName(block))!.data),
    }));
  }

  /** Features of `images`, [N, H, W, 3] in [-1, 1] with sides of {@linkcode LEAST_SIDE} or more; the caller owns them. */
  featuresOf(images: tf.Tensor4D): PerceptualFeatures {
    return tf.tidy(() => this.#features(images) as tf.Tensor4D[]);
  }

  /**
   * Mean distance of `images` from pictures whose features are known: per block the weighted squared difference, averaged over
   * places, summed over blocks. The gradient goes to `images` alone. The caller owns the scalar.
   */
  to(images: tf.Tensor4D, features: PerceptualFeatures): tf.Scalar {
    return tf.tidy(() => {
      const distances = this.#features(images).map((own, block) => {
        const square = tf.squaredDifference(own, features[block]!);
        const weighted = tf.mul(square, this.#blocks[block]!.head);
        return tf.mean(tf.sum(weighted, 3)) as tf.Scalar;
      });
      return tf.addN(distances) as tf.Scalar;
    });
  }

  [Symbol.dispose](): void {
    for (const { layers, head } of this.#blocks) {
      tf.dispose([
        head,
        ...layers.flatMap(({ filter, bias }) => [filter, bias]),
      ]);
    }
  }

  #features(images: tf.Tensor4D): tf.Tensor4D[] {
    let x: tf.Tensor4D = tf.div(tf.sub(images, SHIFT), SCALE);
    return this.#blocks.map(({ layers }, block) => {
      if (block > 0) x = halved(x);
      for (const { filter, bias } of layers) {
        x = tf.relu(tf.add(tf.conv2d(x, filter, 1, "same"), bias));
      }
      return ofLengthOne(x);
    });
  }
}

function layerOf(
  arrays: ReadonlyMap<string, StoredArray>,
  { index, inputs, outputs }: VggConvolution,
): Layer {
  const stored = arrays.get(vggName(index, "weight"))!.data;
  const filter = tf.tidy(() =>
    tf.transpose(tf.tensor4d(stored, [outputs, inputs, 3, 3]), [2, 3, 1, 0])
  );
  return {
    filter,
    bias: tf.tensor1d(arrays.get(vggName(index, "bias"))!.data),
  };
}

function ofLengthOne(x: tf.Tensor4D): tf.Tensor4D {
  const square = tf.sum(tf.square(x), 3, true);
  const length = tf.sqrt(tf.maximum(square, LEAST_SQUARE));
  return tf.div(x, tf.add(length, EPSILON));
}

/**
 * Largest of 2 x 2 places; an odd last row or column is left out. Composed of two comparisons, since not every engine has the gradient
 * of pooling. [N, H, W, C] to [N, H / 2, W / 2, C].
 */
function halved(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)];
  const even = tf.slice(x, [0, 0, 0, 0], [
    batch,
    2 * rows,
    2 * columns,
    channels,
  ]);
  const pairs = tf.reshape(even, [
    batch * rows,
    2,
    columns,
    2 * channels,
  ]) as tf.Tensor4D;
  const [upper, lower] = tf.split(pairs, 2, 1);
  const [left, right] = tf.split(tf.maximum(upper!, lower!), 2, 3);
  return tf.reshape(tf.maximum(left!, right!), [
    batch,
    rows,
    columns,
    channels,
  ]);
}
