// tfjs's kernels for the gradient of bilinear resizing know nothing of half-pixel centres, which PyTorch and this project's
// networks resize by. This gradient is the exact transpose, from products that every engine has, and replaces tfjs's own.
import { tf } from "../tensor/tf.ts";

/** How places of the result lie on the input, as tfjs names it. */
interface Alignment {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Registers the gradient for every engine of this process; calling it again changes nothing. */
export function registerResizeGradient(): void {
  if (isRegistered) return;
  isRegistered = true;
  tf.unregisterGradient("ResizeBilinear");
  tf.registerGradient({
    kernelName: "ResizeBilinear",
    inputsToSave: ["images"],
    gradFunc: (dy, saved, attributes) => {
      const [images] = saved as [tf.Tensor4D];
      const alignment = attributes as unknown as Alignment;
      return {
        images: () => resizeGradient(dy as tf.Tensor4D, images, alignment),
      };
    },
  });
}

let isRegistered = false;

/** Resizing is a product with one matrix per axis, so its gradient is one with their transposes. `dy`: [N, H, W, C]. */
function resizeGradient(
  dy: tf.Tensor4D,
  images: tf.Tensor4D,
  alignment: Alignment,
): tf.Tensor4D {
  const [batch, toHeight, toWidth, channels] = dy.shape;
  const [, height, width] = images.shape;
  // Columns first: [N, H, W, C] to [N, H, w, C], each row by itself.
  const narrow = tf.matMul(
    shares(width, toWidth, alignment),
    tf.reshape(dy, [batch * toHeight, toWidth, channels]),
  );
  const short = tf.matMul(
    shares(height, toHeight, alignment),
    tf.reshape(narrow, [batch, toHeight, width * channels]),
  );
  return tf.reshape(short, images.shape);
}

/** The share that each of `to` places takes of each of `from` places: [1, from, to], which products repeat over a batch. */
function shares(
  from: number,
  to: number,
  { alignCorners, halfPixelCenters }: Alignment,
): tf.Tensor3D {
  const matrix = new Float32Array(from * to);
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  for (let place = 0; place < to; place++) {
    const source = halfPixelCenters
      ? (place + 0.5) * scale - 0.5
      : place * scale;
    const below = Math.floor(source);
    const share = source - below;
    const inside = (at: number) => Math.min(from - 1, Math.max(0, at));
    matrix[inside(below) * to + place]! += 1 - share;
    matrix[inside(below + 1) * to + place]! += share;
  }
  return tf.tensor3d(matrix, [1, from, to]);
}
