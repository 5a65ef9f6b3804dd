// Starts the tensor engine that a step was given. One process runs one engine.
import { RefusedError } from "../error/failure.ts";
import {
  type Device,
  type EngineChoice,
  type EngineName,
  type EngineStart,
  isSameClass,
  tensorflowClass,
  webgpuClass,
} from "../engine_setup/engine_choice.ts";
import { INSTALL_HINT } from "../engine_setup/library.ts";
import { tf } from "../tensor/tf.ts";
import { registerConvolutionGradient } from "./convolution_gradient.ts";
import { answerForEmptyTensors } from "./empty_tensors.ts";
import { explainMissingKernels } from "./missing_kernels.ts";
import { registerResizeGradient } from "./resize_gradient.ts";

/** Engines that need nothing but their name; `cpu` is tfjs's plain backend and serves tests only. */
export type PlainEngine = "wasm" | "webgpu" | "cpu";

/** An engine that runs. */
export interface StartedEngine {
  /** Results are equal to the last bit within a class on one machine. */
  readonly numericClass: string;
  readonly device: Device;
}

/**
 * Makes `engine` the engine of this process and registers what training needs beyond tfjs's own kernels.
 *
 * @throws {RefusedError} when the engine does not start, or is not of the numeric class that was recorded
 */
export async function startEngine(
  engine: PlainEngine | EngineStart | EngineChoice,
): Promise<StartedEngine> {
  const start = typeof engine === "string" ? null : engine;
  const name = typeof engine === "string" ? engine : engine.name;
  const started = await startNamed(name, start);
  if (!await tf.setBackend(name)) {
    throw new RefusedError(
      `Cannot start engine "${name}": tfjs did not accept its backend`,
      {
        hint: "Run `deno task engine` to see which engines this version has",
      },
    );
  }
  await tf.ready();
  explainMissingKernels();
  registerConvolutionGradient();
  registerResizeGradient();
  // TensorFlow itself knows what a sum over nothing is.
  if (name === "wasm" || name === "webgpu") answerForEmptyTensors(name);
  if (start !== null && isChoice(start)) refuseOtherClass(start, started);
  return started;
}

async function startNamed(
  name: PlainEngine | EngineName,
  start: EngineStart | null,
): Promise<StartedEngine> {
  switch (name) {
    case "wasm": {
      const { startWasm } = await import("./wasm_backend.ts");
      await startWasm();
      return { numericClass: name, device: "cpu" };
    }
    case "cpu":
      return { numericClass: name, device: "cpu" };
    case "tensorflow":
      return await startNative(start);
    case "webgpu": {
      const { startWebgpu } = await import("./webgpu/webgpu_backend.ts");
      const description = await startWebgpu();
      return { numericClass: webgpuClass(description), device: "gpu" };
    }
    default:
      return name satisfies never;
  }
}

async function startNative(start: EngineStart | null): Promise<StartedEngine> {
  const library = start?.library ?? null;
  if (start === null || library === null) {
    throw new RefusedError(
      'Cannot start engine "tensorflow": its library is not named',
      { hint: INSTALL_HINT },
    );
  }
  const { startTensorflow } = await import(
    "./tensorflow/tensorflow_backend.ts"
  );
  const threads = start.threads ?? navigator.hardwareConcurrency;
  const context = await startTensorflow(library.path, {
    threads,
    device: start.device,
  });
  const device = context.isGpu ? "gpu" : "cpu";
  const { version } = context.library;
  return { numericClass: tensorflowClass(version, device, threads), device };
}

function isChoice(start: EngineStart): start is EngineChoice {
  return "numericClass" in start;
}

function refuseOtherClass(
  wanted: EngineChoice,
  found: StartedEngine,
): void {
  if (isSameClass(wanted.numericClass, found.numericClass)) return;
  throw new RefusedError(
    `Cannot start engine "${wanted.numericClass}": this machine now has "${found.numericClass}"`,
    {
      hint:
        `Give --engine ${wanted.name} to go on with it: its results are close, not equal`,
    },
  );
}
