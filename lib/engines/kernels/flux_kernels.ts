// The compiled kernels as functions over tensors of tfjs's WASM backend: both modules share one memory.
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { tf } from "../../tensor/tf.ts";
import { decodeBase64 } from "./base64.ts";
import { KERNELS_BASE64 } from "./kernels_binary.ts";

/** A kernel's arguments: addresses and sizes. */
type Kernel = (...values: number[]) => void;

/** Exports of kernels.c. */
export type KernelName =
  | "bezier_forward"
  | "bezier_backward"
  | "filter_gradient"
  | "matrix_product"
  | "transpose_matrices"
  | "turn_filter"
  | "weave_phase"
  | "group_normalize_forward"
  | "group_normalize_backward"
  | "adam_update"
  | "scale"
  | "blend"
  | "add_bias"
  | "column_sums";

/** What this module needs of the backend; part of it is not in tfjs's public types. */
interface WasmInternals {
  readonly wasm: { readonly asm: { readonly memory: WebAssembly.Memory } };
  readonly dataIdMap: {
    get(dataId: object): { readonly memoryOffset: number };
  };
  disposeData(dataId: object): boolean;
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
}

/** Runs compiled kernels on tensors of one backend. */
export class FluxKernels {
  readonly #backend: WasmInternals;
  readonly #exports: Readonly<Record<string, Kernel>>;

  private constructor(
    backend: WasmInternals,
    exports: Readonly<Record<string, Kernel>>,
  ) {
    this.#backend = backend;
    this.#exports = exports;
  }

  /** Compiles the kernels into the memory of `backend`. */
  static over(backend: BackendWasm): FluxKernels {
    const internals = backend as unknown as WasmInternals;
    const compiled = new WebAssembly.Module(decodeBase64(KERNELS_BASE64));
    const instance = new WebAssembly.Instance(compiled, {
      env: { memory: internals.wasm.asm.memory },
    });
    return new FluxKernels(
      internals,
      instance.exports as Record<string, Kernel>,
    );
  }

  /** A new float32 tensor, not cleared; the caller (the engine, for a kernel's result) owns it. */
  output(shape: readonly number[]): tf.TensorInfo {
    return this.#backend.makeOutput([...shape], "float32");
  }

  /** A new float32 tensor of zeros. */
  zeros(shape: readonly number[]): tf.TensorInfo {
    const tensor = this.output(shape);
    this.#backend.typedArrayFromHeap(tensor).fill(0);
    return tensor;
  }

  /** Frees a tensor that {@linkcode output} made and nobody else holds. */
  release(tensor: tf.TensorInfo): void {
    this.#backend.disposeData(tensor.dataId);
  }

  /** Calls a kernel; tensors are passed as their addresses. */
  run(name: KernelName, ...values: readonly (tf.TensorInfo | number)[]): void {
    this.#exports[name]!(
      ...values.map((value) =>
        typeof value === "number" ? value : this.#address(value)
      ),
    );
  }

  #address(tensor: tf.TensorInfo): number {
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }
}
