// TF_DataType (tensorflow/c/tf_datatype.h): the types that tfjs's kernels use, and the arrays that hold them.

/** The numbers of the types. */
export const TENSOR_TYPE = {
  float32: 1,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  resource: 20,
} as const;

/** What holds a tensor's numbers in JavaScript. complex64: real and imaginary part in turn. */
export type NumberArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>;

/** Bytes of one element; a string counts its TF_TString record. */
export const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  [TENSOR_TYPE.float32]: 4,
  [TENSOR_TYPE.int32]: 4,
  [TENSOR_TYPE.uint8]: 1,
  [TENSOR_TYPE.string]: 24,
  [TENSOR_TYPE.complex64]: 8,
  [TENSOR_TYPE.int64]: 8,
  [TENSOR_TYPE.bool]: 1,
};

/** An array over the whole of `buffer` that fits the type; bytes for a resource. */
export function arrayOfType(type: number, buffer: ArrayBuffer): NumberArray {
  switch (type) {
    case TENSOR_TYPE.float32:
    case TENSOR_TYPE.complex64:
      return new Float32Array(buffer);
    case TENSOR_TYPE.int32:
      return new Int32Array(buffer);
    case TENSOR_TYPE.int64:
      return new BigInt64Array(buffer);
    case TENSOR_TYPE.bool:
    case TENSOR_TYPE.uint8:
    case TENSOR_TYPE.resource:
      return new Uint8Array(buffer);
    default:
      throw new TypeError(`Cannot read a tensor of TensorFlow type ${type}`);
  }
}
