// Engines whose numbers JavaScript cannot see without waiting: a GPU behind a queue.
import { tf } from "./tf.ts";

const FAR_ENGINES: readonly string[] = ["webgpu"];

/** Whether the running engine answers a look at its numbers only later. */
export function areNumbersFar(): boolean {
  return FAR_ENGINES.includes(tf.getBackend());
}

/**
 * Fetches the numbers of `tensors`, all at once, so that `dataSync` finds them; on engines whose numbers are near this does nothing.
 */
export async function bringNumbers(
  tensors: Iterable<tf.Tensor>,
): Promise<void> {
  if (!areNumbersFar()) return;
  await Promise.all([...tensors].map((tensor) => tensor.data()));
}
