// Uploads through the queue. tfjs maps a buffer of its own for each and ends the running pass to copy it, which took more than a
// millisecond each on an H100: a third of a training step went into uploading single numbers.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** Replaces how `backend` brings numbers to the GPU. Which buffer holds them, and for how long, stays tfjs's business. */
export function uploadThroughQueue(backend: WebGPUBackend): void {
  const theirs = backend.uploadToGPU.bind(backend);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
    GPUBufferUsage.COPY_DST;
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    const { values } = data;
    if (data.resource !== undefined || !isNumbers(values)) {
      return theirs(dataId);
    }
    // Every type but float32 is held as int32 there.
    const numbers = data.dtype === "float32"
      ? Float32Array.from(values)
      : Int32Array.from(values);
    if (numbers.length === 0) return theirs(dataId);
    // A buffer comes back to the pool only when the commands that read it were submitted, so this write cannot overtake them.
    const buffer = backend.bufferManager.acquireBuffer(
      numbers.byteLength,
      usage,
    );
    backend.queue.writeBuffer(buffer, 0, numbers);
    data.resource = buffer;
    data.values = null as unknown as typeof values;
  };
}

function isNumbers(
  values: unknown,
): values is Float32Array | Int32Array | Uint8Array {
  return ArrayBuffer.isView(values);
}
