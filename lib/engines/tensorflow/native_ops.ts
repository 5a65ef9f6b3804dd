// Runs TensorFlow ops for kernels of our own: without the tensors that tfjs's Node kernels make for every axis and size.
import { tf } from "../../tensor/tf.ts";
import type { Binding } from "./binding.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";
import type { TensorMetadata } from "./tensor_table.ts";
import { TENSOR_TYPE } from "./tensor_type.ts";

/** The parts of tfjs's `NodeJSKernelBackend` that kernels touch. */
export interface NodeBackend extends tf.KernelBackend {
  readonly binding: Binding;
  readonly tensorMap: tf.DataStorage<StoredTensor>;
  /** Numbers of their tensors in TensorFlow; what is still in JavaScript goes there first. */
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  /** Takes over numbers of JavaScript's. */
  move(dataId: object, ...rest: unknown[]): void;
}

/** What the backend keeps of a tensor. */
interface StoredTensor {
  readonly shape: number[];
  readonly dtype: number;
  readonly id: number;
  readonly values: null;
  refCount: number;
}

/** An input: a tensor of tfjs's, or the number of one that only kernels know. */
export type OpInput = tf.TensorInfo | number;

const NAMES: Readonly<Record<number, tf.DataType>> = {
  [TENSOR_TYPE.float32]: "float32",
  [TENSOR_TYPE.int32]: "int32",
  [TENSOR_TYPE.bool]: "bool",
  [TENSOR_TYPE.complex64]: "complex64",
  [TENSOR_TYPE.string]: "string",
};

/** Attribute `T` of ops on float32. */
export const FLOAT: OpAttribute = typeAttribute("T", "float32");

/** A type attribute. */
export function typeAttribute(name: string, type: tf.DataType): OpAttribute {
  const value = TENSOR_TYPE[type as keyof typeof TENSOR_TYPE];
  return { name, type: ATTRIBUTE_KIND.type, value };
}

/** Op execution on one backend. */
export class NativeOps {
  readonly backend: NodeBackend;
  readonly #constants = new Map<string, number>();

  constructor(backend: NodeBackend) {
    this.backend = backend;
  }

  /** One output, which the caller (the engine, for a kernel's result) owns. */
  run(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly OpInput[],
  ): tf.TensorInfo {
    return this.runAll(name, attributes, inputs, 1)[0]!;
  }

  /** Several outputs. */
  runAll(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly OpInput[],
    outputs: number,
  ): tf.TensorInfo[] {
    const { binding } = this.backend;
    return binding.executeOp(name, attributes, this.idsOf(inputs), outputs)
      .map((made) => this.adopt(made));
  }

  /** The binding's numbers of tensors. */
  idsOf(inputs: readonly OpInput[]): number[] {
    return inputs.map((input) =>
      typeof input === "number" ? input : this.#idOf(input)
    );
  }

  /** An output of the binding's as a tensor of tfjs's. */
  adopt({ id, shape, dtype }: TensorMetadata): tf.TensorInfo {
    const dataId = {};
    const stored = { shape, dtype, id, values: null, refCount: 1 };
    this.backend.tensorMap.set(dataId, stored);
    return { dataId, shape, dtype: NAMES[dtype]! };
  }

  /** An int32 vector that lives as long as the process: axes and sizes come again and again. */
  integers(values: readonly number[]): number {
    return this.#constant(values.join(), [values.length], values);
  }

  /** An int32 matrix of two columns that lives as long as the process. */
  table(values: readonly number[]): number {
    return this.#constant(`table ${values}`, [values.length / 2, 2], values);
  }

  /** An int32 scalar that lives as long as the process. */
  integer(value: number): number {
    return this.#constant(`scalar ${value}`, [], [value]);
  }

  /** A float32 scalar that lives as long as the process; for numbers that do not change from step to step. */
  float(value: number): number {
    const key = `float ${value}`;
    let id = this.#constants.get(key);
    if (id === undefined) {
      id = this.#newFloat(value);
      this.backend.binding.functions.keep(id);
      this.#constants.set(key, id);
    }
    return id;
  }

  /** Float32 scalars for the time of `work`. */
  withFloats<T>(
    values: readonly number[],
    work: (scalars: readonly number[]) => T,
  ): T {
    const scalars = values.map((value) => this.#newFloat(value));
    try {
      return work(scalars);
    } finally {
      for (const id of scalars) this.backend.binding.deleteTensor(id);
    }
  }

  #newFloat(value: number): number {
    const { binding } = this.backend;
    const { float32 } = TENSOR_TYPE;
    return binding.createTensor([], float32, Float32Array.of(value));
  }

  /** Frees a tensor that {@linkcode run} made and no kernel returns. */
  release(...tensors: readonly tf.TensorInfo[]): void {
    for (const { dataId } of tensors) this.backend.disposeData(dataId);
  }

  #idOf(tensor: tf.TensorInfo): number {
    const stored = this.backend.tensorMap.get(tensor.dataId);
    // Values that came from JavaScript are not in TensorFlow before somebody uses them.
    return stored.values === null
      ? stored.id
      : this.backend.getInputTensorIds([tensor])[0]!;
  }

  #constant(
    key: string,
    shape: readonly number[],
    values: readonly number[],
  ): number {
    let id = this.#constants.get(key);
    if (id === undefined) {
      const { binding } = this.backend;
      id = binding.createTensor(
        shape,
        TENSOR_TYPE.int32,
        Int32Array.from(values),
      );
      binding.functions.keep(id);
      this.#constants.set(key, id);
    }
    return id;
  }
}

/** A kernel's work. */
export type Compute = (
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attributes: object,
) => tf.TensorInfo | tf.TensorInfo[];

/** Registers a kernel of the engine; one of the same name is replaced. */
export function registerNative(kernelName: string, compute: Compute): void {
  const backendName = "tensorflow";
  if (tf.getKernel(kernelName, backendName) !== undefined) {
    tf.unregisterKernel(kernelName, backendName);
  }
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      compute(inputs as Record<string, tf.TensorInfo>, attrs ?? {}),
  });
}
