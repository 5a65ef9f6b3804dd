// Cases of operations that move elements, make them, or sum them.
import { tf } from "../../lib/tensor/tf.ts";
import { type CaseDraft, casesOf, integers, type OpCase } from "./op_case.ts";
import { build, type Numbers, sizeOf } from "./reference_array.ts";
import {
  concatenated,
  cumulated,
  gathered,
  padded,
  reshaped,
  reversed,
  sliced,
  softmax,
  summed,
  tiled,
  transposed,
} from "./reference_shapes.ts";

function reduction(
  run: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor,
  isMean: boolean,
): CaseDraft[] {
  const cases: [number[], number[]][] = [
    [[7, 9, 11], [1, 2]],
    [[130, 9, 5], [0, 1]],
    [[7, 9, 11], [0, 2]],
    [[2, 5, 4, 12], [1, 3]],
    [[3, 900], [0, 1]],
    [[3, 900], [1]],
    [[1, 1], [0]],
    [[], []],
    [[4, 1, 3], [1]],
  ];
  const drafts = cases.flatMap(([shape, axes]) =>
    [false, true].map((keepDims): CaseDraft => ({
      name: `[${shape}] over ${axes}${keepDims ? ", axes kept" : ""}`,
      inputs: [shape],
      run: (x) => run(x!, axes, keepDims),
      reference: ([x]) => {
        const sum = summed(x!, axes, isMean);
        const kept = shape.map((side, axis) => axes.includes(axis) ? 1 : side);
        return keepDims ? reshaped(sum, kept) : sum;
      },
      // Linear: the same number goes back to all that were summed.
      gradient: (_, dy) => {
        const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
        const scale = isMean ? 1 / sizeOf(axes.map((axis) => shape[axis]!)) : 1;
        return [build(shape, (place) => {
          const at = kept.reduce(
            (index, axis) => index * shape[axis]! + place[axis]!,
            0,
          );
          return dy[at]! * scale;
        })];
      },
    }))
  );
  return drafts;
}

const MOVES: readonly OpCase[] = [
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

function made(name: string, run: () => tf.Tensor, wanted: Numbers): CaseDraft {
  return { name, inputs: [], run, reference: () => wanted, gradient: "none" };
}

const SUMS: readonly OpCase[] = [
  ...casesOf("Sum", [
    ...reduction((x, axes, keep) => tf.sum(x, axes, keep), false),
    {
      name: "whole numbers",
      inputs: [integers([2, 3], [1, 2, 3, 4, 5, 6])],
      run: (x) => tf.sum(x!, 1),
      reference: ([x]) => summed(x!, [1]),
      gradient: "none",
      dtype: "int32",
    },
    {
      name: "of nothing",
      inputs: [[2, 0]],
      run: (x) => tf.sum(x!, 1),
      reference: ([x]) => summed(x!, [1]),
    },
    {
      name: "a count of what is true",
      inputs: [[7, 9]],
      run: (x) => tf.sum(tf.cast(tf.greater(x!, 0), "float32"), 1),
      reference: ([x]) =>
        summed({ shape: x!.shape, values: x!.values.map((v) => +(v > 0)) }, [
          1,
        ]),
      gradient: "none",
    },
  ]),
  ...casesOf(
    "Mean",
    reduction((x, axes, keep) => tf.mean(x, axes, keep), true),
  ),
  ...casesOf(
    "Softmax",
    [[5], [3, 7], [2, 3, 4, 4], [2, 1]].map((shape) => ({
      name: `[${shape}]`,
      inputs: [shape],
      run: (x) => tf.softmax(x!),
      reference: ([x]) => softmax(x!),
    })),
  ),
  ...casesOf("Cumsum", [
    {
      name: "along the last axis",
      inputs: [[3, 17]],
      run: (x) => tf.cumsum(x!, 1),
      reference: ([x]) => cumulated(x!),
    },
  ]),
  ...casesOf("Bincount", [
    {
      name: "with weights",
      inputs: [integers([6], [0, 3, 3, 1, 0, 3]), [6]],
      run: (ids, weights) =>
        tf.bincount(ids as tf.Tensor1D, weights as tf.Tensor1D, 5),
      reference: ([ids, weights]) =>
        build([5], ([bin]) =>
          weights!.values.reduce(
            (sum, one, k) => ids!.values[k] === bin ? sum + one : sum,
            0,
          )),
      gradient: "none",
    },
  ]),
  ...casesOf("Fill", [
    made("[2,3]", () => tf.fill([2, 3], 0.5), build([2, 3], () => 0.5)),
    made("[]", () => tf.fill([], 2), build([], () => 2)),
  ]),
  ...casesOf("LinSpace", [
    made(
      "from -1 to 1",
      () => tf.linspace(-1, 1, 7),
      build([7], (_, k) => -1 + k / 3),
    ),
    made("of one", () => tf.linspace(-1, 1, 1), build([1], () => -1)),
  ]),
  ...casesOf("Range", [
    made("0 to 5", () => tf.range(0, 5), build([5], (_, k) => k)),
  ]),
];

/** All of them. */
export const SHAPE_CASES: readonly OpCase[] = [...MOVES, ...SUMS];
