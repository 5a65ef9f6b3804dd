// Which kernels a piece of work spends its time in, on engines whose kernels end before they return.
import { tf } from "../../lib/tensor/tf.ts";

/** Time in one kernel, without that of kernels it calls. */
export interface KernelTime {
  readonly kernel: string;
  readonly calls: number;
  readonly ms: number;
}

/**
 * What {@linkcode profiled} found; the rest of `ms` is JavaScript (the tape, shapes, the update on plain arrays) and, on TensorFlow,
 * gradients that are one function.
 */
export interface Profile {
  readonly ms: number;
  /** The longest first. */
  readonly kernels: KernelTime[];
}

interface Sum {
  calls: number;
  ms: number;
}

/** Runs `work` once with every kernel timed. */
export async function profiled(work: () => Promise<unknown>): Promise<Profile> {
  const backend = tf.getBackend();
  const plain = tf.getKernelsForBackend(backend);
  const sums = new Map<string, Sum>();
  // Time of inner kernels, per kernel that is running.
  const inner: number[] = [];
  for (const config of plain) {
    const sum = { calls: 0, ms: 0 };
    sums.set(config.kernelName, sum);
    replace(config, (parameters) => {
      const begun = performance.now();
      inner.push(0);
      try {
        return config.kernelFunc(parameters);
      } finally {
        const ms = performance.now() - begun;
        sum.calls++;
        sum.ms += ms - inner.pop()!;
        if (inner.length > 0) inner[inner.length - 1]! += ms;
      }
    });
  }
  try {
    const begun = performance.now();
    await work();
    const ms = performance.now() - begun;
    const kernels = [...sums].filter(([, { calls }]) => calls > 0)
      .map(([kernel, { calls, ms }]) => ({ kernel, calls, ms }))
      .sort((a, b) => b.ms - a.ms);
    return { ms, kernels };
  } finally {
    for (const config of plain) replace(config, config.kernelFunc);
  }
}

function replace(config: tf.KernelConfig, kernelFunc: tf.KernelFunc): void {
  tf.unregisterKernel(config.kernelName, config.backendName);
  tf.registerKernel({ ...config, kernelFunc });
}
