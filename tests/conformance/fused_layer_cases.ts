// Cases of layers that engines may have one kernel for, forward and backward.
import { affine } from "../../lib/nn/linear.ts";
import { layerNormalize } from "../../lib/nn/normalization.ts";
import type { tf } from "../../lib/tensor/tf.ts";
import { casesOf, type OpCase } from "./op_case.ts";
import { type Numbers, sizeOf } from "./reference_array.ts";
import { groupNormalized } from "./reference_pictures.ts";

/** Mean 0 and variance 1 over the last axis: a group norm of single places. */
function layerNormalized({ shape, values }: Numbers, epsilon: number): Numbers {
  const rows = sizeOf(shape.slice(0, -1));
  const places = { shape: [rows, 1, 1, shape.at(-1)!], values };
  return { shape, values: groupNormalized(places, 1, epsilon).values };
}

function affineMap(x: Numbers, weight: Numbers, bias: Numbers): Numbers {
  const [inputs, outputs] = weight.shape as [number, number];
  const shape = [...x.shape.slice(0, -1), outputs];
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, at) => {
    const row = Math.floor(at / outputs) * inputs;
    let sum = bias.values[at % outputs]!;
    for (let k = 0; k < inputs; k++) {
      sum += x.values[row + k]! * weight.values[k * outputs + at % outputs]!;
    }
    return sum;
  });
  return { shape, values };
}

/** All of them. */
export const FUSED_LAYER_CASES: readonly OpCase[] = [
  ...casesOf(
    "FluxAffine",
    [[5, 3], [1, 1], [2, 3, 7], [2, 2, 3, 4], [0, 3]].flatMap((shape) =>
      [1, 6, 17].map((outputs) => ({
        name: `[${shape}] to ${outputs}`,
        inputs: [shape, [shape.at(-1)!, outputs], [outputs]],
        run: (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
          affine(x, weight as tf.Tensor2D, bias as tf.Tensor1D),
        reference: ([x, weight, bias]: readonly Numbers[]) =>
          affineMap(x!, weight!, bias!),
      }))
    ),
  ),
  ...casesOf(
    "FluxLayerNormalize",
    [[5, 8], [2, 3, 7], [1, 1, 32], [2, 2, 3, 4]].map((shape) => ({
      name: `[${shape}]`,
      inputs: [shape],
      run: (x) => layerNormalize(x!, 1e-5),
      reference: ([x]) => layerNormalized(x!, 1e-5),
    })),
  ),
];
