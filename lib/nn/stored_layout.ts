// PyTorch's layout in files, tfjs's in memory: the permutations between them, on typed arrays.
import { tf } from "../tensor/tf.ts";
import {
  BEZIER_PARTS,
  type ParameterSpec,
  type StoredArray,
} from "../blueprint/parameter_spec.ts";

/** In-memory axis order for each layout, as indices into the stored axes. */
const AXES = {
  plain: null,
  linear: [1, 0],
  conv: [2, 3, 1, 0],
  conv_transpose: [2, 3, 1, 0],
} as const;

/** Position of the output axis in the stored shape. */
const STORED_OUTPUT_AXIS = {
  plain: 0,
  linear: 0,
  conv: 0,
  conv_transpose: 1,
} as const;

/** Shape of the tensor in memory for a stored shape. */
export function tensorShape(spec: ParameterSpec): number[] {
  const axes = AXES[spec.layout];
  return axes === null
    ? [...spec.shape]
    : axes.map((axis) => spec.shape[axis]!);
}

/** The in-memory tensor of a stored array; the caller owns it. */
export function tensorFromStored(
  spec: ParameterSpec,
  stored: StoredArray,
): tf.Tensor {
  const offsets = storedOffsets(spec);
  if (offsets === null) {
    return tf.tensor(stored.data.slice(), [...spec.shape], "float32");
  }
  const values = new Float32Array(stored.data.length);
  for (let at = 0; at < values.length; at++) {
    values[at] = stored.data[offsets[at]!]!;
  }
  return tf.tensor(values, tensorShape(spec), "float32");
}

/** The stored array of an in-memory tensor. */
export function storedFromTensor(
  spec: ParameterSpec,
  tensor: tf.Tensor,
): StoredArray {
  const values = tensor.dataSync() as Float32Array;
  const offsets = storedOffsets(spec);
  if (offsets === null) {
    return { shape: spec.shape, data: Float32Array.from(values) };
  }
  const data = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) data[offsets[at]!] = values[at]!;
  return { shape: spec.shape, data };
}

/** For each in-memory element its offset in the stored array; null where both agree. */
function storedOffsets(spec: ParameterSpec): Uint32Array | null {
  const axes: readonly number[] = AXES[spec.layout] ??
    spec.shape.map((_, axis) => axis);
  if (spec.layout === "plain" && !spec.bezier) return null;
  const strides = new Array<number>(spec.shape.length).fill(1);
  for (let axis = strides.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1]! * spec.shape[axis + 1]!;
  }
  const outputAxis = STORED_OUTPUT_AXIS[spec.layout];
  const perAxis = axes.map((axis) => {
    const side = spec.shape[axis]!;
    const isPlanar = spec.bezier && axis === outputAxis;
    return Uint32Array.from({ length: side }, (_, index) => {
      return strides[axis]! *
        (isPlanar ? interleavedIndex(index, side) : index);
    });
  });
  return outerSums(perAxis);
}

/** Stored channel of in-memory channel `index` when a Bezier activation follows. */
function interleavedIndex(index: number, side: number): number {
  const features = side / BEZIER_PARTS;
  const part = Math.floor(index / features);
  return (index % features) * BEZIER_PARTS + part;
}

/** All sums of one entry per axis, last axis fastest. */
function outerSums(perAxis: readonly Uint32Array[]): Uint32Array {
  let sums = Uint32Array.of(0);
  for (const offsets of perAxis) {
    const next = new Uint32Array(sums.length * offsets.length);
    for (let outer = 0; outer < sums.length; outer++) {
      for (let inner = 0; inner < offsets.length; inner++) {
        next[outer * offsets.length + inner] = sums[outer]! + offsets[inner]!;
      }
    }
    sums = next;
  }
  return sums;
}
