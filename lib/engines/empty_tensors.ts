// Sums and products over nothing are zeros. tfjs's WASM kernels leave them as they find the memory, its WebGPU ones refuse.
import { tf } from "../tensor/tf.ts";

type Kernel = ReturnType<typeof tf.getKernel>["kernelFunc"];
type Shapes = Readonly<Record<string, tf.TensorInfo>>;

/** The shape of a kernel's result, for kernels that may be asked for a sum over nothing. */
const SHAPES: Readonly<
  Record<string, (inputs: Shapes, attributes: object) => number[]>
> = {
  Sum: ({ x }, attributes) => {
    const { axis, keepDims } = attributes as {
      readonly axis: number | number[];
      readonly keepDims: boolean;
    };
    const axes = tf.util.parseAxisParam(axis, x!.shape);
    return x!.shape.flatMap((side, at) =>
      axes.includes(at) ? (keepDims ? [1] : []) : [side]
    );
  },
  BatchMatMul: ({ a, b }, attributes) => {
    const { transposeA, transposeB } = attributes as {
      readonly transposeA: boolean;
      readonly transposeB: boolean;
    };
    const [outer, other] = [a!, b!].map(({ shape }) => shape.slice(0, -2));
    return [
      ...tf.broadcast_util.assertAndGetBroadcastShape(outer!, other!),
      a!.shape.at(transposeA ? -1 : -2)!,
      b!.shape.at(transposeB ? -2 : -1)!,
    ];
  },
};

const guarded = new WeakSet<Kernel>();

/** Makes the engine's kernels answer for empty tensors; calling it again changes nothing. */
export function answerForEmptyTensors(backendName: string): void {
  for (const [kernelName, shapeOf] of Object.entries(SHAPES)) {
    const kernel = tf.getKernel(kernelName, backendName);
    if (guarded.has(kernel.kernelFunc)) continue;
    const kernelFunc: Kernel = (call) => {
      const inputs = call.inputs as Shapes;
      const isEmpty = Object.values(inputs).some(({ shape }) =>
        shape.includes(0)
      );
      if (!isEmpty) return kernel.kernelFunc(call);
      const [{ dtype }] = Object.values(inputs) as [tf.TensorInfo];
      return tf.zeros(
        shapeOf(inputs, call.attrs ?? {}),
        dtype === "bool" ? "int32" : dtype,
      );
    };
    guarded.add(kernelFunc);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ ...kernel, kernelFunc });
  }
}
