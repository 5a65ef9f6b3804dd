// Cases of operations that move elements.
import { tf } from "../../lib/tensor/tf.ts";
import { casesOf, integers, type OpCase } from "./op_case.ts";
import { sizeOf } from "./reference_array.ts";
import {
  concatenated,
  gathered,
  padded,
  reshaped,
  reversed,
  sliced,
  tiled,
  transposed,
} from "./reference_shapes.ts";

/** All of them. */
export const SHAPE_CASES: readonly OpCase[] = [
  ...casesOf(
    "Transpose",
    ([
      [[3, 5], [1, 0]],
      [[2, 3, 5], [2, 0, 1]],
      [[2, 3, 4, 5], [0, 2, 1, 3]],
      [[2, 3, 4, 5], [3, 1, 2, 0]],
      [[1, 4, 1], [2, 1, 0]],
      [[0, 3], [1, 0]],
    ] as [number[], number[]][]).map(([shape, order]) => ({
      name: `[${shape}] to ${order}`,
      inputs: [shape],
      run: (x) => tf.transpose(x!, order),
      reference: ([x]) => transposed(x!, order),
    })),
  ),
  ...casesOf(
    "Reshape",
    ([[[6], [2, 3]], [[2, 3, 4], [-1]], [[1], []], [[0, 3], [3, 0]]] as [
      number[],
      number[],
    ][]).map(([shape, wanted]) => ({
      name: `[${shape}] to [${wanted}]`,
      inputs: [shape],
      run: (x) => tf.reshape(x!, wanted),
      reference: ([x]) =>
        reshaped(x!, wanted[0] === -1 ? [sizeOf(shape)] : wanted),
    })),
  ),
  ...casesOf("ExpandDims", [
    {
      name: "a new axis within",
      inputs: [[2, 3]],
      run: (x) => tf.expandDims(x!, 1),
      reference: ([x]) => reshaped(x!, [2, 1, 3]),
    },
  ]),
  ...casesOf(
    "Slice",
    ([
      [[7], [2], [3]],
      [[3, 5], [1, 0], [2, 4]],
      [[2, 4, 5], [0, 1, 2], [2, 3, 1]],
      [[2, 4, 4, 3], [0, 1, 1, 0], [1, 2, 3, 3]],
      [[2, 3], [0, 3], [2, 0]],
    ] as [number[], number[], number[]][]).map(([shape, begin, sides]) => ({
      name: `[${sides}] of [${shape}]`,
      inputs: [shape],
      run: (x) => tf.slice(x!, begin, sides),
      reference: ([x]) => sliced(x!, begin, sides),
    })),
  ),
  ...casesOf(
    "SplitV",
    ([[[2, 15], 5, 1], [[2, 3, 6], 3, 2], [[4, 3, 2, 5], 2, 0]] as [
      number[],
      number,
      number,
    ][]).map(([shape, parts, axis]) => ({
      name: `[${shape}] into ${parts} along ${axis}`,
      inputs: [shape],
      // In another order, so that each part's gradient has to find its place.
      run: (x) => tf.concat(tf.split(x!, parts, axis).toReversed(), axis),
      reference: ([x]) => {
        const side = shape[axis]! / parts;
        const part = (k: number) => {
          const begin = shape.map((_, one) => one === axis ? k * side : 0);
          return sliced(x!, begin, shape.with(axis, side));
        };
        return concatenated(
          Array.from({ length: parts }, (_, k) => part(parts - 1 - k)),
          axis,
        );
      },
    })),
  ),
  ...casesOf(
    "Concat",
    ([
      [[[3], [2]], 0],
      [[[2, 3], [2, 1], [2, 4]], 1],
      [[[2, 2, 2, 3], [2, 2, 2, 1]], 3],
      [[[1, 2, 3], [4, 2, 3]], 0],
      [[[2, 3], [0, 3]], 0],
    ] as [number[][], number][]).map(([shapes, axis]) => ({
      name: `${shapes.map((shape) => `[${shape}]`).join(", ")} along ${axis}`,
      inputs: shapes,
      run: (...all) => tf.concat(all, axis),
      reference: (all) => concatenated(all, axis),
    })),
  ),
  ...casesOf("Pack", [
    {
      name: "three vectors",
      inputs: [[4], [4], [4]],
      run: (...all) => tf.stack(all),
      reference: (all) =>
        concatenated(all.map((one) => reshaped(one, [1, 4])), 0),
    },
    {
      name: "scalars",
      inputs: [[], []],
      run: (...all) => tf.stack(all),
      reference: (all) => concatenated(all.map((one) => reshaped(one, [1])), 0),
    },
  ]),
  ...casesOf("Unpack", [
    {
      name: "a vector to scalars",
      inputs: [[3]],
      run: (x) =>
        tf.add(...(tf.unstack(x!).slice(1) as [tf.Scalar, tf.Scalar])),
      reference: ([x]) => ({
        shape: [],
        values: Float64Array.of(x!.values[1]! + x!.values[2]!),
      }),
    },
  ]),
  ...casesOf(
    "PadV2",
    ([
      [[3], [[1, 2]], 0],
      [[2, 3, 3, 2], [[0, 0], [1, 2], [2, 0], [0, 0]], 0],
      [[2, 3, 2], [[0, 0], [0, 2], [0, 0]], 0],
      [[2, 2], [[1, 0], [0, 1]], 3],
      [[0, 2], [[1, 1], [0, 0]], 0],
    ] as [number[], [number, number][], number][]).map((
      [shape, paddings, value],
    ) => ({
      name: `[${shape}] by ${paddings.join(" ")} with ${value}`,
      inputs: [shape],
      run: (x) => tf.pad(x!, paddings, value),
      reference: ([x]) => padded(x!, paddings, value),
    })),
  ),
  ...casesOf(
    "Tile",
    ([[[3], [2]], [[1, 3, 1], [4, 1, 2]], [[2, 1, 2, 1], [1, 3, 1, 2]]] as [
      number[],
      number[],
    ][]).map(([shape, repeats]) => ({
      name: `[${shape}] by ${repeats}`,
      inputs: [shape],
      run: (x) => tf.tile(x!, repeats),
      reference: ([x]) => tiled(x!, repeats),
    })),
  ),
  ...casesOf(
    "Reverse",
    ([[[5], [0]], [[3, 3, 2, 4], [0, 1]], [[2, 3], [1]]] as [
      number[],
      number[],
    ][]).map(([shape, axes]) => ({
      name: `[${shape}] along ${axes}`,
      inputs: [shape],
      run: (x) => tf.reverse(x!, axes),
      reference: ([x]) => reversed(x!, axes),
    })),
  ),
  ...casesOf(
    "GatherV2",
    ([
      [[13, 7], [0, 3, 3, 12, 3, 0]],
      [[5], [4, 4, 1]],
      [[1, 3], [0]],
      [[4, 2, 3], [2, 0]],
    ] as [number[], number[]][]).map(([shape, ids]) => ({
      name: `rows ${ids} of [${shape}]`,
      inputs: [shape, integers([ids.length], ids)],
      run: (x, rows) => tf.gather(x!, rows as tf.Tensor1D),
      reference: ([x, rows]) => gathered(x!, [...rows!.values]),
    })),
  ),
];
