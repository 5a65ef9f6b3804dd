// Which engine a run uses: decided once, recorded in the run manifest, handed to every step's process.
import { isRecord } from "../json/record.ts";

/** Engines that a user can name, in the order in which `auto` tries them. */
export const ENGINE_NAMES = ["tensorflow", "webgpu", "wasm"] as const;

/** The name of an engine. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Where tensors are computed. */
export type Device = "cpu" | "gpu";

/** What it takes to start an engine. */
export interface EngineStart {
  readonly name: EngineName;
  /** Null where npm's packages are all there is to it. */
  readonly library: EngineLibrary | null;
  /** Threads of the native library; null where the engine has no choice. */
  readonly threads: number | null;
  /** Null: a GPU where one is found. */
  readonly device: Device | null;
}

/** An engine with everything that starts it again in the same way. */
export interface EngineChoice extends EngineStart {
  /** Results are equal to the last bit within a class on one machine, and close across classes. */
  readonly numericClass: string;
  readonly device: Device;
}

/** A native library on this machine. */
export interface EngineLibrary {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
}

/** The engine that is always there. */
export const EMBEDDED_ENGINE: EngineChoice = {
  name: "wasm",
  numericClass: "wasm",
  library: null,
  threads: null,
  device: "cpu",
};

/** The class of a GPU that no process has asked for its name yet. */
const OPEN_WEBGPU_CLASS = "webgpu";

/** A GPU through WebGPU; which one, a process tells that starts it. */
export const WEBGPU_ENGINE: EngineChoice = {
  name: "webgpu",
  numericClass: OPEN_WEBGPU_CLASS,
  library: null,
  threads: null,
  device: "gpu",
};

/**
 * The class of TensorFlow's results: version, device, and on a CPU the thread count, which decides where long sums are cut.
 */
export function tensorflowClass(
  version: string,
  device: Device,
  threads: number,
): string {
  const place = device === "gpu" ? "gpu" : `cpu-${threads}t`;
  return `tensorflow-${version}-${place}`;
}

/** The class of a GPU's results: the adapter's own description, such as `webgpu-nvidia-h100-80gb-hbm3`. */
export function webgpuClass(description: string): string {
  const words = description.toLowerCase().match(/[a-z0-9.]+/g) ?? [];
  return [OPEN_WEBGPU_CLASS, ...words].join("-");
}

/** Whether results of two classes may be taken for each other's; a GPU whose name is open may be any. */
export function isSameClass(one: string, other: string): boolean {
  const isOpen = (left: string, right: string) =>
    left === OPEN_WEBGPU_CLASS && right.startsWith(`${OPEN_WEBGPU_CLASS}-`);
  return one === other || isOpen(one, other) || isOpen(other, one);
}

/** A choice from a record; null where it is none. */
export function parseEngineChoice(value: unknown): EngineChoice | null {
  if (!isRecord(value)) return null;
  const { name, numericClass, library, threads, device } = value;
  const isWhole = ENGINE_NAMES.some((known) => known === name) &&
    typeof numericClass === "string" &&
    (library === null ||
      (isRecord(library) && typeof library["path"] === "string" &&
        typeof library["version"] === "string")) &&
    (threads === null || typeof threads === "number") &&
    (device === "cpu" || device === "gpu");
  return isWhole ? value as unknown as EngineChoice : null;
}
