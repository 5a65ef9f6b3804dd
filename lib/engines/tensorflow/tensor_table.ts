// Tensors inside TensorFlow under small numbers, which is how tfjs's kernels speak of them.
import type { TensorflowContext } from "./context.ts";
import { cText } from "./native_text.ts";
import type { Calls } from "./symbols.ts";
import type { Status } from "./status.ts";
import { newNativeTensor, type TensorValues } from "./native_tensor.ts";
import { arrayOfType, TENSOR_TYPE } from "./tensor_type.ts";
import type { NumberArray } from "./tensor_type.ts";
import { readStrings } from "./tensor_strings.ts";

/** What a kernel is told of a tensor that an op made. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  /** A number of {@linkcode TENSOR_TYPE}. */
  readonly dtype: number;
}

/** Owns the TFE_TensorHandles of one context. */
export class TensorTable {
  readonly #calls: Calls;
  readonly #status: Status;
  readonly #context: TensorflowContext;
  readonly #device: Uint8Array<ArrayBuffer>;
  readonly #handles: (bigint | undefined)[] = [];
  readonly #free: number[] = [];

  constructor(context: TensorflowContext) {
    this.#context = context;
    this.#calls = context.library.calls;
    this.#status = context.status;
    this.#device = cText(context.device);
  }

  /** Tensors alive. */
  get size(): number {
    return this.#handles.length - this.#free.length;
  }

  /** The handle of a tensor alive. */
  handle(id: number): bigint {
    const handle = this.#handles[id];
    if (handle === undefined) {
      throw new RangeError(`Cannot use tensor ${id}: it is not alive`);
    }
    return handle;
  }

  /** Takes over a handle and describes it. */
  adopt(handle: bigint): TensorMetadata {
    return this.#described(handle, this.#insert(handle));
  }

  /** Describes a tensor alive. */
  describe(id: number): TensorMetadata {
    return this.#described(this.handle(id), id);
  }

  #described(handle: bigint, id: number): TensorMetadata {
    const { address } = this.#status;
    const rank = this.#calls.TFE_TensorHandleNumDims(handle, address);
    const shape = new Array<number>(rank);
    for (let axis = 0; axis < rank; axis++) {
      shape[axis] = Number(
        this.#calls.TFE_TensorHandleDim(handle, axis, address),
      );
    }
    const dtype = this.#calls.TFE_TensorHandleDataType(handle);
    return { id, shape, dtype };
  }

  /** Copies values into a new tensor. int64 comes as pairs of int32, low word first, as tfjs's kernels have it. */
  create(shape: readonly number[], type: number, values: TensorValues): number {
    const calls = this.#calls;
    const tensor = newNativeTensor(calls, shape, type, values);
    const handle = calls.TFE_NewTensorHandle(tensor, this.#status.address);
    calls.TF_DeleteTensor(tensor);
    this.#status.check("make a tensor");
    return this.#insert(this.#onDevice(handle, type));
  }

  /** Frees a tensor. */
  delete(id: number): void {
    this.#calls.TFE_DeleteTensorHandle(this.handle(id));
    this.#handles[id] = undefined;
    this.#free.push(id);
  }

  /** A copy of a tensor's values; the bytes of each string for a string tensor. */
  read(id: number): NumberArray | Uint8Array[] {
    const calls = this.#calls;
    const handle = this.handle(id);
    const type = calls.TFE_TensorHandleDataType(handle);
    const tensor = calls.TFE_TensorHandleResolve(handle, this.#status.address);
    this.#status.check("read a tensor");
    try {
      const from = calls.TF_TensorData(tensor);
      const sizeBytes = calls.TF_TensorByteSize(tensor);
      if (type === TENSOR_TYPE.string) {
        return readStrings(calls, from, Number(sizeBytes));
      }
      const buffer = new ArrayBuffer(Number(sizeBytes));
      if (sizeBytes > 0n) {
        calls.memcpy_out(new Uint8Array(buffer), from, sizeBytes);
      }
      return arrayOfType(type, buffer);
    } finally {
      calls.TF_DeleteTensor(tensor);
    }
  }

  /** On a GPU, everything but int32 (sizes and axes, which its kernels read on the host) and strings moves there. */
  #onDevice(handle: bigint, type: number): bigint {
    const staysOnHost = !this.#context.isGpu || type === TENSOR_TYPE.int32 ||
      type === TENSOR_TYPE.string;
    if (staysOnHost) return handle;
    const moved = this.#calls.TFE_TensorHandleCopyToDevice(
      handle,
      this.#context.address,
      this.#device,
      this.#status.address,
    );
    this.#calls.TFE_DeleteTensorHandle(handle);
    this.#status.check("copy a tensor to", this.#context.device);
    return moved;
  }

  #insert(handle: bigint): number {
    const id = this.#free.pop() ?? this.#handles.length;
    this.#handles[id] = handle;
    return id;
  }
}
