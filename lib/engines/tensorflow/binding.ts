// The object that tfjs's Node kernels expect from their native addon, over Deno's FFI.
import type { TensorflowContext } from "./context.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";
import type { TensorValues } from "./native_tensor.ts";
import { OpExecution } from "./op_execution.ts";
import { NativeFunctions } from "./native_functions.ts";
import { type TensorMetadata, TensorTable } from "./tensor_table.ts";
import { type NumberArray, TENSOR_TYPE } from "./tensor_type.ts";

/** What `NodeJSKernelBackend` of @tensorflow/tfjs-node-gpu calls; saved models are not part of it. */
export interface Binding {
  createTensor(
    shape: readonly number[],
    type: number,
    values: TensorValues,
  ): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): NumberArray | Uint8Array[];
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[];
  /** For kernels of our own: work that runs as one op. */
  readonly functions: NativeFunctions;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  readonly TF_Version: string;
  readonly [constant: `TF_${string}`]: number | string;
}

/** A binding over a started TensorFlow. */
export function createBinding(context: TensorflowContext): Binding {
  const tensors = new TensorTable(context);
  const ops = new OpExecution(context, tensors);
  const functions = new NativeFunctions(context, tensors, ops);
  return {
    createTensor: (shape, type, values) => {
      const id = tensors.create(shape, type, values);
      functions.recording?.constant(id, { shape, dtype: type, values });
      return id;
    },
    deleteTensor: (id) => {
      tensors.delete(id);
      functions.recording?.forget(id);
    },
    tensorDataSync: (id) => {
      if (functions.recording !== null) {
        throw new TypeError("Cannot look at numbers while work is recorded");
      }
      return tensors.read(id);
    },
    executeOp: (name, attributes, inputs, outputs) => {
      const made = ops.run(name, attributes, inputs, outputs);
      functions.recording?.op(name, attributes, inputs, made);
      return made;
    },
    functions,
    isUsingGpuDevice: () => context.isGpu,
    getNumOfTensors: () => tensors.size,
    TF_FLOAT: TENSOR_TYPE.float32,
    TF_INT32: TENSOR_TYPE.int32,
    TF_INT64: TENSOR_TYPE.int64,
    TF_BOOL: TENSOR_TYPE.bool,
    TF_COMPLEX64: TENSOR_TYPE.complex64,
    TF_STRING: TENSOR_TYPE.string,
    TF_RESOURCE: TENSOR_TYPE.resource,
    TF_UINT8: TENSOR_TYPE.uint8,
    TF_ATTR_STRING: ATTRIBUTE_KIND.string,
    TF_ATTR_INT: ATTRIBUTE_KIND.int,
    TF_ATTR_FLOAT: ATTRIBUTE_KIND.float,
    TF_ATTR_BOOL: ATTRIBUTE_KIND.bool,
    TF_ATTR_TYPE: ATTRIBUTE_KIND.type,
    TF_ATTR_SHAPE: ATTRIBUTE_KIND.shape,
    TF_ATTR_RESOURCE: ATTRIBUTE_KIND.resource,
    TF_Version: context.library.version,
  };
}
