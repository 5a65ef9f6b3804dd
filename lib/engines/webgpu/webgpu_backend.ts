// tfjs's WebGPU backend with shaders of our own.
import { RefusedError } from "../../error/failure.ts";
import { tf } from "../../tensor/tf.ts";
import { dispatchesOf } from "./dispatches.ts";
import { registerEvenSpacing } from "./even_spacing.ts";
import { uploadThroughQueue } from "./queue_upload.ts";
import { useSteadyBuffers } from "./steady_buffers.ts";
import { registerWebgpuKernels } from "./webgpu_kernels.ts";

/**
 * Starts the backend on the adapter that the system prefers, and answers with the adapter's description.
 *
 * @throws {RefusedError} where there is no adapter, or it does not start.
 */
export async function startWebgpu(): Promise<string> {
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  if (!await tf.setBackend("webgpu")) {
    throw new RefusedError(
      'Cannot start engine "webgpu": no GPU answers through WebGPU',
      {
        hint: "Install the GPU's Vulkan driver, or use --engine wasm",
      },
    );
  }
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) {
    throw new TypeError(
      'Cannot start engine "webgpu": tfjs has another backend under that name',
    );
  }
  useSteadyBuffers(backend);
  dispatchesOf(backend).takeOver();
  uploadThroughQueue(backend);
  registerWebgpuKernels(backend);
  registerEvenSpacing();
  // Every submission costs: two hundred shaders a time took a fifth less of a training step than tfjs's fifteen.
  tf.env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", 200);
  backend.device.addEventListener("uncapturederror", (event) => {
    // Without this a shader that the GPU refuses leaves zeros, and training goes on with them.
    throw new Error(
      `The GPU refused a command: ${
        (event as GPUUncapturedErrorEvent).error.message
      }`,
    );
  });
  return await adapterDescription();
}

/** tfjs keeps the device and forgets the adapter; the system prefers the same one when it is asked again. */
async function adapterDescription(): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter({
    powerPreference: "high-performance",
  });
  const { description, vendor, device } = adapter?.info ?? {};
  return description || `${vendor ?? "unknown"} ${device ?? ""}`;
}
