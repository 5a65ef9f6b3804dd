// How a kernel of ours becomes one of tfjs's WASM backend.
import { tf } from "../tensor/tf.ts";

/** A kernel's work: handles of this engine in and out. */
export type Compute = (
  inputs: Record<string, tf.Tensor>,
  attributes: object,
) => tf.TensorInfo | tf.TensorInfo[];

/** Registers a kernel; one of the same name is replaced. */
export function register(kernelName: string, compute: Compute): void {
  if (tf.getKernel(kernelName, "wasm") !== undefined) {
    tf.unregisterKernel(kernelName, "wasm");
  }
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) =>
      compute(inputs as Record<string, tf.Tensor>, attrs ?? {}),
  });
}
