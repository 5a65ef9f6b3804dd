// One compute shader of ours, compiled once and queued beside tfjs's own.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { dispatchesOf } from "./dispatches.ts";

/** What a shader reads and writes. Sizes reach it as numbers, so that one compiled shader serves all of them. */
export interface GpuProgram {
  /** Tells shaders apart: two programs of one name and as many threads have the same code. */
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
  const shape = [...program.outputShape];
  const result = output ?? backend.makeTensorInfo(shape, "float32");
  if (sizeOf(result.shape) === 0) {
    backend.tensorMap.get(result.dataId).values = new Float32Array(0);
    return result;
  }
  queueProgram(backend, program, { result });
  return result;
}

/** What a program that changes arrays in their places is made of. */
export type InPlaceProgram = Omit<GpuProgram, "outputShape">;

/** Queues a program that reads and writes `arrays`, by their names in the code. Nobody else may own their numbers. */
export function runInPlace(
  backend: WebGPUBackend,
  program: InPlaceProgram,
  arrays: Readonly<Record<string, tf.TensorInfo>>,
): void {
  queueProgram(backend, program, arrays);
  // What JavaScript read before is no longer so.
  for (const { dataId } of Object.values(arrays)) {
    const data: { values: unknown } = backend.tensorMap.get(dataId);
    data.values = null;
  }
}

function queueProgram(
  backend: WebGPUBackend,
  program: InPlaceProgram,
  written: Readonly<Record<string, tf.TensorInfo>>,
): void {
  const { inputs, groups } = program;
  const tensors = [...Object.values(written), ...Object.values(inputs)];
  for (const { dataId } of tensors) backend.uploadToGPU(dataId);
  const numbers = [
    ...numbersOf(program.integers, "int32"),
    ...numbersOf(program.floats, "float32"),
  ];
  dispatchesOf(backend).queue({
    pipeline: pipelineOf(backend, program, written, numbers),
    tensors,
    uniforms: numbers.map(({ type, value }) => ({ type, data: [value] })),
    groups: spread(groups, backend.device.limits),
  });
}

interface NamedNumber {
  readonly name: string;
  readonly value: number;
  readonly type: "int32" | "float32";
}

function numbersOf(
  numbers: Readonly<Record<string, number>> = {},
  type: NamedNumber["type"],
): NamedNumber[] {
  return Object.entries(numbers).map(([name, value]) => ({
    name,
    value,
    type,
  }));
}

const pipelines = new WeakMap<WebGPUBackend, Map<string, GPUComputePipeline>>();

function pipelineOf(
  backend: WebGPUBackend,
  program: InPlaceProgram,
  written: Readonly<Record<string, tf.TensorInfo>>,
  numbers: readonly NamedNumber[],
): GPUComputePipeline {
  const typeOf = ({ dataId }: tf.TensorInfo) =>
    // Truth values lie in memory as whole numbers.
    backend.tensorMap.get(dataId).dtype === "float32" ? "f32" : "i32";
  const arrays = [
    ...Object.entries(written).map(([name, array]) => ({
      name,
      type: typeOf(array),
      access: "read_write",
    })),
    ...Object.entries(program.inputs).map(([name, array]) => ({
      name,
      type: typeOf(array),
      access: "read",
    })),
  ];
  const own = pipelines.get(backend) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(backend, own);
  const types = arrays.map(({ type }) => type).join();
  const key = `${program.name} ${program.threads} ${types}`;
  const known = own.get(key);
  if (known !== undefined) return known;
  const { device } = backend;
  const layout = device.createBindGroupLayout({
    entries: [
      ...arrays.map(({ access }, binding): GPUBindGroupLayoutEntry => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === "read" ? "read-only-storage" : "storage" },
      })),
      ...numbers.length === 0 ? [] : [{
        binding: arrays.length,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "uniform" as const },
      }],
    ],
  });
  const code = [
    ...arrays.map(({ name, type, access }, binding) =>
      `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}>;`
    ),
    ...numbers.length === 0 ? [] : [
      `struct Uniforms { ${
        numbers.map(({ name, type }) =>
          `${name}: ${type === "int32" ? "i32" : "f32"},`
        ).join(" ")
      } }`,
      `@group(0) @binding(${arrays.length}) var<uniform> uniforms: Uniforms;`,
    ],
    shaderOf(program),
  ].join("\n");
  const pipeline = device.createComputePipeline({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: {
      module: device.createShaderModule({ code, label: program.name }),
      entryPoint: "start",
    },
    label: program.name,
  });
  own.set(key, pipeline);
  return pipeline;
}

function shaderOf({ threads, functions, main }: InPlaceProgram): string {
  return `
    var<private> localIndex: u32;
    ${functions ?? ""}
    fn main(index: i32) {
      ${main}
    }
    @compute @workgroup_size(${threads}, 1, 1)
    fn start(
      @builtin(local_invocation_index) local: u32,
      @builtin(workgroup_id) place: vec3<u32>,
      @builtin(num_workgroups) counts: vec3<u32>,
    ) {
      localIndex = local;
      main(i32(((place.z * counts.y + place.y) * counts.x + place.x) * ${threads}u + local));
    }`;
}

/** As many groups or more, along as many axes as the GPU needs for them. */
function spread(
  groups: number,
  { maxComputeWorkgroupsPerDimension: most }: GPUSupportedLimits,
): [number, number, number] {
  if (groups <= most) return [groups, 1, 1];
  const side = Math.ceil(Math.sqrt(groups));
  if (side <= most) return [side, Math.ceil(groups / side), 1];
  const edge = Math.ceil(Math.cbrt(groups));
  return [edge, edge, Math.ceil(groups / (edge * edge))];
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
