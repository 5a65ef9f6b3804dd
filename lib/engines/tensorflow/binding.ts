// The object that tfjs's Node kernels expect from their native addon, over Deno's FFI.
import type { TensorflowContext } from "./context.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";
import { OpExecution } from "./op_execution.ts";
import {
  type TensorMetadata,
  TensorTable,
  type TensorValues,
} from "./tensor_table.ts";
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
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  readonly TF_Version: string;
  readonly [constant: `TF_${string}`]: number | string;
}

/** A binding over a started TensorFlow. */
export function createBinding(context: TensorflowContext): Binding {
  const tensors = new TensorTable(context);
  const ops = new OpExecution(context, tensors);
  return {
    createTensor: (shape, type, values) => tensors.create(shape, type, values),
    deleteTensor: (id) => tensors.delete(id),
    tensorDataSync: (id) => tensors.read(id),
    executeOp: (name, attributes, inputs, outputs) =>
      ops.run(name, attributes, inputs, outputs),
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
