// Cases of operations that sum elements, or make them.
import { tf } from "../../lib/tensor/tf.ts";
import { type CaseDraft, casesOf, integers, type OpCase } from "./op_case.ts";
import { build, type Numbers, sizeOf } from "./reference_array.ts";
import { cumulated, reshaped, softmax, summed } from "./reference_shapes.ts";

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

function made(name: string, run: () => tf.Tensor, wanted: Numbers): CaseDraft {
  return { name, inputs: [], run, reference: () => wanted, gradient: "none" };
}

/** All of them. */
export const SUM_CASES: readonly OpCase[] = [
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
