// tfjs's WASM backend, one thread, plus the training kernels that its package lacks.
import { type BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { RefusedError } from "../error/failure.ts";
import { tf } from "../tensor/tf.ts";
import { registerWasmKernels } from "./wasm_kernels.ts";

/** The one file that the engine reads; a step's process is granted it by this name. */
export const WASM_FILE =
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";

/**
 * Loads the SIMD build and registers the missing kernels.
 *
 * @throws {RefusedError} when the file cannot be read or the machine lacks WASM SIMD.
 */
export async function startWasm(): Promise<void> {
  const file = fileURLToPath(import.meta.resolve(WASM_FILE));
  setWasmPaths(`${dirname(file)}/`);
  try {
    await Deno.stat(file);
    if (!await tf.setBackend("wasm")) {
      throw new Error("the backend did not initialise");
    }
  } catch (cause) {
    throw new RefusedError(
      `Cannot start engine "wasm" from "${file}": ${reason(cause)}`,
      {
        cause,
        hint:
          "Run `deno install` in the project folder, then the same command again",
      },
    );
  }
  registerWasmKernels(tf.backend() as BackendWasm);
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
