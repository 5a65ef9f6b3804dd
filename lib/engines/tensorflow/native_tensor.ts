// A TF_Tensor: numbers or strings copied into memory of TensorFlow's.
import { sizeOf } from "../../blueprint/parameter_spec.ts";
import type { Calls } from "./symbols.ts";
import { writeStrings } from "./tensor_strings.ts";
import { ELEMENT_BYTES, type NumberArray, TENSOR_TYPE } from "./tensor_type.ts";

/** Values on their way into a tensor: numbers, or the bytes of each string. */
export type TensorValues = NumberArray | readonly Uint8Array[];

const MOST_AXES = 16;
const dimensions = new BigInt64Array(MOST_AXES);

/** The address of a new TF_Tensor, which the caller deletes. int64 comes as pairs of int32, low word first, as tfjs's kernels have it. */
export function newNativeTensor(
  calls: Calls,
  shape: readonly number[],
  type: number,
  values: TensorValues,
): bigint {
  const count = sizeOf(shape);
  const width = ELEMENT_BYTES[type];
  if (width === undefined) {
    throw new TypeError(`Cannot make a tensor of TensorFlow type ${type}`);
  }
  const sizeBytes = count * width;
  if (type !== TENSOR_TYPE.string) {
    requireFit(values as NumberArray, sizeBytes, shape);
  }
  for (let axis = 0; axis < shape.length; axis++) {
    dimensions[axis] = BigInt(shape[axis]!);
  }
  const tensor = calls.TF_AllocateTensor(
    type,
    dimensions,
    shape.length,
    BigInt(sizeBytes),
  );
  const to = calls.TF_TensorData(tensor);
  if (type === TENSOR_TYPE.string) {
    writeStrings(calls, to, values as readonly Uint8Array[], count);
  } else if (sizeBytes > 0) {
    calls.memcpy_in(to, values as NumberArray, BigInt(sizeBytes));
  }
  return tensor;
}

function requireFit(
  values: NumberArray,
  sizeBytes: number,
  shape: readonly number[],
): void {
  if (values.byteLength === sizeBytes) return;
  throw new RangeError(
    `Cannot make a tensor of shape [${shape}]: it holds ${sizeBytes} bytes, the values have ${values.byteLength}`,
  );
}
