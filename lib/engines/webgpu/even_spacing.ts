// Evenly spaced numbers: tfjs's shader divides by the number of gaps, and one number has none.
import { tf } from "../../tensor/tf.ts";

/** Replaces the engine's `LinSpace`; the numbers are few and come from JavaScript. */
export function registerEvenSpacing(): void {
  tf.unregisterKernel("LinSpace", "webgpu");
  tf.registerKernel({
    kernelName: "LinSpace",
    backendName: "webgpu",
    kernelFunc: ({ attrs }) => {
      const { start, stop, num } = attrs as unknown as {
        readonly start: number;
        readonly stop: number;
        readonly num: number;
      };
      const gap = (stop - start) / Math.max(1, num - 1);
      return tf.tensor1d(
        Float32Array.from({ length: num }, (_, at) => start + at * gap),
      );
    },
  });
}
