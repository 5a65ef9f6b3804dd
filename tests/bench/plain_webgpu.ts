// tfjs's WebGPU backend as it comes, beside which ours is measured: norms and updates are composed of its own operations.
import "@tensorflow/tfjs-backend-webgpu";
import { registerConvolutionGradient } from "../../lib/engines/convolution_gradient.ts";
import { registerResizeGradient } from "../../lib/engines/resize_gradient.ts";
import type {
  AdamNumbers,
  FusedKernels,
} from "../../lib/tensor/fused_kernel.ts";
import { tf } from "../../lib/tensor/tf.ts";

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Starts it, on the adapter that the system prefers. */
export async function startPlainWebgpu(): Promise<
  { numericClass: string; device: "gpu" }
> {
  if (!await tf.setBackend("webgpu")) throw new Error("no GPU answers");
  registerConvolutionGradient();
  registerResizeGradient();
  compose("FluxSquareSum", (tensors) => {
    const sums = Object.values(tensors).map((x) => tf.sum(tf.square(x)));
    return [sums.reduce((a, b) => tf.add(a, b))];
  });
  compose("FluxAdam", ({ weights, gradient, mean, square }, numbers) => {
    const { beta1, beta2, eps, keep, pull, stepSize, rootCorrection } =
      numbers as AdamNumbers;
    const g = tf.add(gradient!, tf.mul(weights!, pull));
    const m = tf.add(tf.mul(mean!, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(square!, beta2), tf.mul(tf.square(g), 1 - beta2));
    const scale = tf.add(tf.div(tf.sqrt(v), rootCorrection), eps);
    const step = tf.mul(tf.div(m, scale), stepSize);
    return [tf.sub(tf.mul(weights!, keep), step), m, v];
  });
  return { numericClass: "webgpu-plain", device: "gpu" };
}

function compose(
  kernelName: keyof FusedKernels,
  compute: (tensors: Tensors, attributes: object) => tf.Tensor[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: "webgpu",
    kernelFunc: ({ inputs, attrs, backend }) => {
      const made = tf.tidy(() =>
        compute(inputs as unknown as Tensors, attrs ?? {})
      );
      return made.map((tensor) => {
        const { dataId, shape, dtype } = tensor;
        // The result is a tensor of its own over the same numbers.
        (backend as tf.KernelBackend).incRef(dataId);
        tensor.dispose();
        return { dataId, shape, dtype };
      });
    },
  });
}
