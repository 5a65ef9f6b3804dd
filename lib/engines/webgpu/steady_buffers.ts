// Buffers that are handed out by age, the oldest free one first. A training step then finds every tensor where the step before had
// it, which is what makes bind groups worth keeping; tfjs takes the one that came back last, and no two steps are alike.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** Where a buffer belongs, and how old it is. */
interface Origin {
  readonly kind: string;
  readonly birth: number;
}

/** Replaces which buffer the backend reuses; when it comes back stays tfjs's business. */
export function useSteadyBuffers(backend: WebGPUBackend): void {
  const manager = backend.bufferManager;
  const origins = new Map<GPUBuffer, Origin>();
  /** By kind, the oldest last. */
  const free = new Map<string, GPUBuffer[]>();
  let births = 0;

  manager.acquireBuffer = (size, usage, mappedAtCreation, reuse = true) => {
    const kind = `${size}_${usage}`;
    manager.numBytesUsed += size;
    const found = reuse ? free.get(kind)?.pop() : undefined;
    if (found !== undefined) return found;
    manager.numBytesAllocated += size;
    const isMapped = mappedAtCreation ?? false;
    const buffer = backend.device.createBuffer({
      size,
      usage,
      mappedAtCreation: isMapped,
    });
    origins.set(buffer, { kind, birth: births++ });
    return buffer;
  };

  manager.releaseBuffer = (buffer, reuse = true) => {
    const origin = origins.get(buffer);
    if (origin === undefined) {
      throw new Error("Cannot take back a GPU buffer that was never lent");
    }
    manager.numBytesUsed -= buffer.size;
    if (!reuse) {
      origins.delete(buffer);
      manager.numBytesAllocated -= buffer.size;
      buffer.destroy();
      return;
    }
    const others = free.get(origin.kind) ?? [];
    free.set(origin.kind, others);
    let at = others.length;
    while (at > 0 && origins.get(others[at - 1]!)!.birth < origin.birth) at--;
    others.splice(at, 0, buffer);
  };
}
