// What an update does to whole weights, compiled: the same bytes as in JavaScript, without copies out of the engine and back.
import type { AdamNumbers, FusedKernels } from "../tensor/fused_kernel.ts";
import type { FluxKernels } from "./kernels/flux_kernels.ts";
import { register } from "./wasm_registration.ts";

/** Registers Adam, clipping and averages. */
export function registerUpdates(kernels: FluxKernels): void {
  register("FluxAdam", ({ weights, gradient, mean, square }, attributes) => {
    const numbers = attributes as AdamNumbers;
    const made = [0, 1, 2].map(() => kernels.output(weights!.shape));
    kernels.run(
      "adam_update",
      ...[weights!, gradient!, mean!, square!, ...made, weights!.size],
      ...[numbers.beta1, numbers.beta2, numbers.eps, numbers.keep],
      ...[numbers.pull, numbers.stepSize, numbers.rootCorrection],
    );
    return made;
  });
  register("FluxScale", ({ x }, attributes) => {
    const { factor } = attributes as FusedKernels["FluxScale"];
    const y = kernels.output(x!.shape);
    kernels.run("scale", x!, y, x!.size, factor);
    return y;
  });
  register("FluxBlend", ({ before, now }, attributes) => {
    const { decay } = attributes as FusedKernels["FluxBlend"];
    const y = kernels.output(now!.shape);
    kernels.run("blend", before!, now!, y, now!.size, decay);
    return y;
  });
}
