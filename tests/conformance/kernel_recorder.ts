// Which kernels of tfjs's the running engine is asked for.
import { tf } from "../../lib/tensor/tf.ts";

/** Kernels that ran while `body` did. */
export async function recordKernels(
  body: () => Promise<void>,
): Promise<Set<string>> {
  const seen = new Set<string>();
  const engine = tf.engine();
  const original = engine.runKernel;
  engine.runKernel = (name, inputs, attributes) => {
    seen.add(name);
    return original.call(engine, name, inputs, attributes) as ReturnType<
      typeof original
    > as never;
  };
  try {
    await body();
  } finally {
    engine.runKernel = original;
  }
  return seen;
}
