// Kernels that take axes and sizes: as tfjs's, with the axes kept in TensorFlow instead of sent for each call.
import { tf } from "../../tensor/tf.ts";
import {
  type Compute,
  type NativeOps,
  registerNative,
  typeAttribute,
} from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";

const KEEP: OpAttribute = flag("keep_dims", true);
const DROP: OpAttribute = flag("keep_dims", false);
const INDEX_32 = (name: string) => typeAttribute(name, "int32");

/** Registers the kernels. */
export function registerShapeKernels(ops: NativeOps): void {
  for (const name of ["Sum", "Max", "Min", "Prod"]) {
    registerNative(name, reduction(ops, name));
  }
  registerNative("Mean", ({ x }, attributes) => {
    // A mean of whole numbers is a float in tfjs.
    if (x!.dtype === "float32") {
      return reduction(ops, "Mean")({ x: x! }, attributes);
    }
    const floats = ops.run("Cast", [
      typeAttribute("SrcT", x!.dtype),
      typeAttribute("DstT", "float32"),
    ], [x!]);
    const mean = reduction(ops, "Mean")({ x: floats }, attributes);
    ops.release(floats);
    return mean;
  });
  registerNative("Reshape", ({ x }, attributes) => {
    const { shape } = attributes as { shape: number[] };
    const types = [typeAttribute("T", x!.dtype), INDEX_32("Tshape")];
    return ops.run("Reshape", types, [x!, ops.integers(shape)]);
  });
  registerNative("Transpose", ({ x }, attributes) => {
    const { perm } = attributes as { perm: number[] };
    const types = [typeAttribute("T", x!.dtype), INDEX_32("Tperm")];
    return ops.run("Transpose", types, [x!, ops.integers(perm)]);
  });
  registerNative("Tile", ({ x }, attributes) => {
    const { reps } = attributes as { reps: number[] };
    const types = [typeAttribute("T", x!.dtype), INDEX_32("Tmultiples")];
    return ops.run("Tile", types, [x!, ops.integers(reps)]);
  });
  // TensorFlow checks indices itself; tfjs's kernel reads them back for that.
  registerNative("GatherV2", ({ x, indices }, attributes) => {
    const { axis, batchDims } = attributes as {
      axis: number;
      batchDims: number;
    };
    return ops.run(
      "GatherV2",
      [
        { name: "batch_dims", type: ATTRIBUTE_KIND.int, value: batchDims },
        typeAttribute("Tparams", x!.dtype),
        typeAttribute("Tindices", indices!.dtype),
        INDEX_32("Taxis"),
      ],
      [x!, indices!, ops.integer(axis)],
    );
  });
  registerNative("Slice", ({ x }, attributes) => {
    const { begin, size } = attributes as { begin: number[]; size: number[] };
    const [from, sides] = tf.slice_util.parseSliceParams(
      x as tf.Tensor,
      begin,
      size,
    );
    const types = [typeAttribute("T", x!.dtype), INDEX_32("Index")];
    return ops.run("Slice", types, [
      x!,
      ops.integers(from!),
      ops.integers(sides!),
    ]);
  });
  registerNative("Concat", (inputs, attributes) => {
    const parts = Object.values(inputs);
    const { axis } = attributes as { axis: number };
    return ops.run("ConcatV2", [
      { name: "N", type: ATTRIBUTE_KIND.int, value: parts.length },
      INDEX_32("Tidx"),
      typeAttribute("T", parts[0]!.dtype),
    ], [...parts, ops.integer(axis)]);
  });
  registerNative("SplitV", ({ x }, attributes) => {
    const { numOrSizeSplits, axis } = attributes as {
      numOrSizeSplits: number | number[];
      axis: number;
    };
    const [at] = tf.util.parseAxisParam(axis, x!.shape);
    const sizes = tf.backend_util.prepareSplitSize(
      x as tf.Tensor,
      numOrSizeSplits,
      at,
    );
    return ops.runAll(
      "SplitV",
      [
        { name: "num_split", type: ATTRIBUTE_KIND.int, value: sizes.length },
        typeAttribute("T", x!.dtype),
        INDEX_32("Tlen"),
      ],
      [x!, ops.integers(sizes), ops.integer(at!)],
      sizes.length,
    );
  });
}

function reduction(ops: NativeOps, name: string): Compute {
  return ({ x }, attributes) => {
    const { axis, reductionIndices, keepDims } = attributes as {
      axis?: number | number[];
      reductionIndices?: number | number[];
      keepDims?: boolean;
    };
    const axes = tf.util.parseAxisParam(
      (axis ?? reductionIndices) as number[],
      x!.shape,
    );
    return ops.run(name, [
      keepDims === true ? KEEP : DROP,
      typeAttribute("T", x!.dtype),
      INDEX_32("Tidx"),
    ], [x!, ops.integers(axes)]);
  };
}

function flag(name: string, value: boolean): OpAttribute {
  return { name, type: ATTRIBUTE_KIND.bool, value };
}
