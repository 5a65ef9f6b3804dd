// One case of the conformance suite: an operation on inputs of given shapes, and what float64 says of it.
import type { tf } from "../../lib/tensor/tf.ts";
import { type Numbers, sizeOf } from "./reference_array.ts";

/** An input tensor; its numbers are the same in every run. */
export interface CaseInput {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly values: Float64Array;
}

/** Gradients of the reference's inputs for the gradient `dy` of its result. */
export type ReferenceGradient = (
  inputs: readonly Numbers[],
  dy: Float64Array,
) => readonly Numbers[];

/** An operation to check. */
export interface OpCase {
  /** The kernel whose row of the table it belongs to. */
  readonly kernel: string;
  /** What is special about it. */
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** In the place of `run` for what has to wait for numbers; it leaves only its result behind. */
  readonly runLater?: (...inputs: tf.Tensor[]) => Promise<tf.Tensor>;
  readonly reference: (inputs: readonly Numbers[]) => Numbers;
  /**
   * `differences`: of the reference, by central differences; `none`: the operation has none, or tfjs does not offer it.
   */
  readonly gradient: "differences" | "none" | ReferenceGradient;
  /** Numbers of the inputs whose gradients are looked at; left out: all of float32. */
  readonly moving?: readonly number[];
  readonly dtype?: tf.DataType;
}

/** What a case is made of where most is as usual. */
export type CaseDraft =
  & Omit<OpCase, "kernel" | "inputs" | "gradient">
  & {
    /** A shape stands for waves of float32. */
    readonly inputs: readonly (CaseInput | readonly number[])[];
    readonly gradient?: OpCase["gradient"];
  };

/** Cases of one kernel; their gradient is that of differences unless they say otherwise. */
export function casesOf(
  kernel: string,
  drafts: readonly CaseDraft[],
): OpCase[] {
  return drafts.map((draft) => ({
    gradient: "differences",
    ...draft,
    kernel,
    inputs: draft.inputs.map((input, index) =>
      isCaseInput(input) ? input : waves(input, { phase: index })
    ),
  }));
}

function isCaseInput(
  input: CaseInput | readonly number[],
): input is CaseInput {
  return !Array.isArray(input);
}

/** Numbers without order or repetition: between `middle - reach` and `middle + reach`. */
export function waves(
  shape: readonly number[],
  { phase = 0, middle = 0, reach = 1 }: {
    readonly phase?: number;
    readonly middle?: number;
    readonly reach?: number;
  } = {},
): CaseInput {
  const wave = (j: number) => Math.sin(0.37 * j * (1 + 0.013 * j) + phase + 1);
  return floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, j) => middle + reach * wave(j)),
  );
}

/** These numbers, rounded to float32. */
export function floats(
  shape: readonly number[],
  values: readonly number[],
): CaseInput {
  return {
    shape,
    dtype: "float32",
    values: Float64Array.from(values, Math.fround),
  };
}

/** Whole numbers. */
export function integers(
  shape: readonly number[],
  values: readonly number[],
): CaseInput {
  return { shape, dtype: "int32", values: Float64Array.from(values) };
}

/** Truth values. */
export function truths(
  shape: readonly number[],
  values: readonly number[],
): CaseInput {
  return { shape, dtype: "bool", values: Float64Array.from(values) };
}
