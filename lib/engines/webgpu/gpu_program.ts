// One compute shader of ours, run through tfjs's WebGPU backend: it owns buffers, pipelines and the queue.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";

/** What a shader reads and writes. Sizes reach it as numbers, so that one compiled shader serves all of them. */
export interface GpuProgram {
  /** Tells shaders apart: two programs of one name have the same code. */
  readonly name: string;
  /** Arrays by their names in the code, row-major. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly outputShape: readonly number[];
  /** Threads of one workgroup. */
  readonly threads: number;
  readonly groups: number;
  /** WGSL at the top: functions, and arrays that a workgroup shares. */
  readonly functions?: string;
  /**
   * WGSL of one thread: `index / threads` is its workgroup, `localIndex` its place there, `result` the output. More groups may
   * be started than were asked for, so a write has to be within bounds.
   */
  readonly main: string;
  /** Numbers that differ from call to call, read as `uniforms.<name>`. */
  readonly integers?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
}

/** Queues the program; the caller owns the output. Where `output` is given it is written to and answered. */
export function runProgram(
  backend: WebGPUBackend,
  program: GpuProgram,
  output?: tf.TensorInfo,
): tf.TensorInfo {
  const { inputs, outputShape, threads, groups } = program;
  const numbers = [
    ...numbersOf(program.integers, "int32", "i32"),
    ...numbersOf(program.floats, "float32", "f32"),
  ];
  const variableNames = Object.keys(inputs);
  return backend.runWebGPUProgram(
    {
      shaderKey: `flux_${program.name}`,
      variableNames,
      outputShape: [...outputShape],
      workgroupSize: [threads, 1, 1],
      dispatch: [groups, 1, 1],
      dispatchLayout: { x: [...outputShape.keys()] },
      uniforms: numbers.map(({ name, wgsl }) => `${name}: ${wgsl},`).join(" "),
      // Without a use of the uniforms the pipeline would have no place for them, and tfjs binds them always.
      getUserCode: () => `
        ${program.functions ?? ""}
        fn main(index: i32) {
          _ = uniforms.NAN;
          ${program.main}
        }`,
    },
    Object.values(inputs),
    "float32",
    numbers.map(({ type, value }) => ({ type, data: [value] })),
    output,
  );
}

function numbersOf(
  numbers: Readonly<Record<string, number>> = {},
  type: "int32" | "float32",
  wgsl: "i32" | "f32",
) {
  return Object.entries(numbers).map(([name, value]) => ({
    name,
    value,
    type,
    wgsl,
  }));
}

/** Workgroups that together have a thread for each of `count` elements. */
export function groupsFor(count: number, threads: number): number {
  return Math.max(1, Math.ceil(count / threads));
}

/** The same numbers under another shape; nothing is copied and nobody owns more than before. */
export function reshaped(
  tensor: tf.TensorInfo,
  shape: readonly number[],
): tf.TensorInfo {
  return { dataId: tensor.dataId, dtype: tensor.dtype, shape: [...shape] };
}

/** Elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}

/** A tensor as one row of numbers. */
export function flat(tensor: tf.TensorInfo): tf.TensorInfo {
  return reshaped(tensor, [sizeOf(tensor.shape)]);
}
