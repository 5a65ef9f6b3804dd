// Starts the tensor engine that a step was given. One process runs one engine.
import { RefusedError } from "../error/failure.ts";
import { tf } from "../tensor/tf.ts";
import { registerConvolutionGradient } from "./convolution_gradient.ts";

/** Engines that this version can start; `cpu` is tfjs's plain backend and serves tests only. */
export type EngineName = "wasm" | "cpu";

/**
 * Makes `name` the engine of this process and registers what training needs beyond tfjs's own kernels.
 *
 * @throws {RefusedError} when the engine does not start; the message carries the engine's own.
 */
export async function startEngine(name: EngineName): Promise<void> {
  if (name === "wasm") {
    const { startWasm } = await import("./wasm_backend.ts");
    await startWasm();
  }
  if (!await tf.setBackend(name)) {
    throw new RefusedError(
      `Cannot start engine "${name}": tfjs did not accept its backend`,
      {
        hint: "Run `deno task engine` to see which engines this version has",
      },
    );
  }
  await tf.ready();
  registerConvolutionGradient();
}
