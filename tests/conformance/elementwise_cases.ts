// Cases of operations on each element: functions of one number, and of numbers that meet by broadcasting.
import { tf } from "../../lib/tensor/tf.ts";
import {
  type CaseDraft,
  type CaseInput,
  casesOf,
  floats,
  integers,
  type OpCase,
  truths,
  waves,
} from "./op_case.ts";
import { broadcastShape, type Numbers } from "./reference_array.ts";
import { combined, erf, mapped, sigmoid } from "./reference_elementwise.ts";

/** Shapes of every rank, odd sides, sides of one, and nothing at all. */
const SHAPES = [[], [1], [7], [3, 5], [2, 3, 5], [2, 1, 4, 3], [0, 3]] as const;

/** Pairs of shapes that broadcast; those of the models first. */
const PAIRS = [
  [[2, 3, 4, 5], [5]],
  [[2, 3, 4, 5], []],
  [[], [3, 4]],
  [[2, 3, 4], [2, 3, 4]],
  [[2, 1, 4], [1, 3, 1]],
  [[1], [1]],
  [[5, 1], [1, 7]],
  [[0, 3], [3]],
] as const;

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

interface Range {
  readonly middle?: number;
  readonly reach?: number;
}

function unary(
  kernel: string,
  run: Unary,
  compute: (value: number) => number,
  options: Range & Pick<CaseDraft, "gradient" | "dtype"> = {},
): OpCase[] {
  const { middle, reach, ...rest } = options;
  const range = {
    ...(middle === undefined ? {} : { middle }),
    ...(reach === undefined ? {} : { reach }),
  };
  return casesOf(
    kernel,
    SHAPES.map((shape) => ({
      name: `[${shape}]`,
      inputs: [waves(shape, range)],
      run,
      reference: mapped(compute),
      ...rest,
    })),
  );
}

interface BinaryOptions extends Range, Pick<CaseDraft, "gradient" | "dtype"> {
  /** tfjs gives no gradient to an input that is broadcast. */
  readonly wholeOnly?: boolean;
}

/** Which of two inputs have the shape of the result. */
function wholeInputs(
  left: readonly number[],
  right: readonly number[],
): number[] {
  const shape = broadcastShape(left, right).join();
  return [left, right].flatMap((one, index) =>
    one.join() === shape ? [index] : []
  );
}

function binary(
  kernel: string,
  run: Binary,
  compute: (a: number, b: number) => number,
  options: BinaryOptions = {},
): OpCase[] {
  const { middle = 0, reach = 1, wholeOnly = false, ...rest } = options;
  return casesOf(
    kernel,
    PAIRS.map(([left, right]) => ({
      ...(wholeOnly ? { moving: wholeInputs(left, right) } : {}),
      name: `[${left}] and [${right}]`,
      inputs: [
        waves(left, { middle, reach }),
        waves(right, { middle, reach, phase: 2 }),
      ],
      run,
      reference: combined(compute),
      ...rest,
    })),
  );
}

const positive: Range = { middle: 1.5, reach: 1 };
const flat = { gradient: "none" } as const;
const truth = { ...flat, dtype: "bool" } as const;
const LEAK = 0.2;

const FUNCTIONS: readonly OpCase[] = [
  ...unary("Abs", (x) => tf.abs(x), Math.abs),
  ...unary("Exp", (x) => tf.exp(x), Math.exp, { reach: 4 }),
  ...unary("Neg", (x) => tf.neg(x), (x) => -x),
  ...unary("Square", (x) => tf.square(x), (x) => x * x),
  ...unary("Sqrt", (x) => tf.sqrt(x), Math.sqrt, positive),
  ...unary("Rsqrt", (x) => tf.rsqrt(x), (x) => 1 / Math.sqrt(x), positive),
  ...unary("Sigmoid", (x) => tf.sigmoid(x), sigmoid, { reach: 2 }),
  ...unary("Erf", (x) => tf.erf(x), erf, { reach: 3 }),
  ...unary("Relu", (x) => tf.relu(x), (x) => Math.max(0, x)),
  ...unary(
    "LeakyRelu",
    (x) => tf.leakyRelu(x, LEAK),
    (x) => x > 0 ? x : LEAK * x,
  ),
  ...unary(
    "ClipByValue",
    (x) => tf.clipByValue(x, -0.5, 0.25),
    (x) => Math.min(0.25, Math.max(-0.5, x)),
  ),
  ...unary("Floor", (x) => tf.floor(x), Math.floor, { reach: 4 }),
  ...unary("Sign", (x) => tf.sign(x), Math.sign),
  ...unary("Step", (x) => tf.step(x), (x) => x > 0 ? 1 : 0, flat),
  ...unary("Identity", (x) => tf.clone(x), (x) => x),
  ...unary("ZerosLike", (x) => tf.zerosLike(x), () => 0, flat),
  ...unary("OnesLike", (x) => tf.onesLike(x), () => 1, flat),
];

const MEETINGS: readonly OpCase[] = [
  ...binary("Add", (a, b) => tf.add(a, b), (a, b) => a + b),
  ...binary("Sub", (a, b) => tf.sub(a, b), (a, b) => a - b),
  ...binary("Multiply", (a, b) => tf.mul(a, b), (a, b) => a * b),
  ...binary("RealDiv", (a, b) => tf.div(a, b), (a, b) => a / b, positive),
  ...binary("Maximum", (a, b) => tf.maximum(a, b), Math.max, {
    wholeOnly: true,
  }),
  ...binary("Minimum", (a, b) => tf.minimum(a, b), Math.min, {
    wholeOnly: true,
  }),
  ...binary("Pow", (a, b) => tf.pow(a, b), Math.pow, positive),
  ...binary(
    "SquaredDifference",
    (a, b) => tf.squaredDifference(a, b),
    (a, b) => (a - b) ** 2,
    { wholeOnly: true },
  ),
  ...binary("Greater", (a, b) => tf.greater(a, b), (a, b) => +(a > b), truth),
  ...binary(
    "GreaterEqual",
    (a, b) => tf.greaterEqual(a, b),
    (a, b) => +(a >= b),
    truth,
  ),
  ...binary("Less", (a, b) => tf.less(a, b), (a, b) => +(a < b), truth),
  ...binary(
    "LessEqual",
    (a, b) => tf.lessEqual(a, b),
    (a, b) => +(a <= b),
    truth,
  ),
];

const TRUTHS = truths([2, 3], [1, 0, 1, 0, 0, 1]);
const OTHER_TRUTHS = truths([2, 3], [1, 1, 0, 0, 1, 1]);

/** A case that has no gradient. */
function still(
  name: string,
  inputs: readonly CaseInput[],
  run: (...inputs: tf.Tensor[]) => tf.Tensor,
  reference: (inputs: readonly Numbers[]) => Numbers,
  dtype: tf.DataType = "float32",
): CaseDraft {
  return { name, inputs, run, reference, dtype, gradient: "none" };
}

const OTHERS: readonly OpCase[] = [
  ...casesOf("Equal", [
    still(
      "numbers, some alike",
      [floats([4], [1, 2, 0, -1]), floats([4], [1, 3, -0, -1])],
      (a, b) => tf.equal(a!, b!),
      combined((a, b) => +(a === b)),
      "bool",
    ),
    still(
      "broadcast",
      [floats([2, 2], [1, 2, 3, 4]), floats([], [3])],
      (a, b) => tf.equal(a!, b!),
      combined((a, b) => +(a === b)),
      "bool",
    ),
  ]),
  ...casesOf("LogicalAnd", [
    still(
      "truth values",
      [TRUTHS, OTHER_TRUTHS],
      (a, b) => tf.logicalAnd(a!, b!),
      combined((a, b) => a && b),
      "bool",
    ),
  ]),
  ...casesOf("LogicalOr", [
    still(
      "truth values",
      [TRUTHS, OTHER_TRUTHS],
      (a, b) => tf.logicalOr(a!, b!),
      combined((a, b) => a || b),
      "bool",
    ),
  ]),
  ...casesOf("IsNan", [
    still(
      "numbers that are none",
      [floats([4], [1, NaN, Infinity, -0])],
      (x) => tf.isNaN(x!),
      mapped((x) => +Number.isNaN(x)),
      "bool",
    ),
  ]),
  ...casesOf("Cast", [
    still(
      "truth values to numbers",
      [TRUTHS],
      (x) => tf.cast(x!, "float32"),
      mapped((x) => x),
    ),
    still(
      "whole numbers to numbers",
      [integers([3], [-2, 0, 16777216])],
      (x) => tf.cast(x!, "float32"),
      mapped((x) => x),
    ),
    still(
      "numbers to whole numbers, towards zero",
      [floats([5], [-1.9, -0.5, 0.5, 1.9, 100000])],
      (x) => tf.cast(x!, "int32"),
      mapped(Math.trunc),
      "int32",
    ),
  ]),
  ...casesOf("AddN", [
    {
      name: "one",
      inputs: [[3]],
      run: (x) => tf.addN([x!]),
      reference: mapped((x) => x),
    },
    {
      name: "three",
      inputs: [[2, 3], [2, 3], [2, 3]],
      run: (...all) => tf.addN(all),
      reference: combined((a, b, c) => a! + b! + c!),
    },
    {
      name: "scalars",
      inputs: [[], [], [], [], [], []],
      run: (...all) => tf.addN(all),
      reference: combined((...all) => all.reduce((sum, one) => sum + one)),
    },
  ]),
  ...casesOf("Select", [
    {
      name: "by element",
      inputs: [TRUTHS, [2, 3], waves([2, 3], { phase: 3 })],
      run: (c, a, b) => tf.where(c!, a!, b!),
      reference: combined((c, a, b) => c ? a! : b!),
    },
    {
      name: "a side of one",
      inputs: [truths([1, 2], [0, 1]), [1, 2], waves([1, 2], { phase: 3 })],
      run: (c, a, b) => tf.where(c!, a!, b!),
      reference: combined((c, a, b) => c ? a! : b!),
    },
  ]),
];

/** All of them. */
export const ELEMENTWISE_CASES: readonly OpCase[] = [
  ...FUNCTIONS,
  ...MEETINGS,
  ...OTHERS,
];
