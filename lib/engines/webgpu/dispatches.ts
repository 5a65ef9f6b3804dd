// Queues compute shaders on tfjs's encoder, cheaply: a bind group and a buffer of uniforms are made once and found again. Making
// them anew for each of two thousand shaders was a third of a training step on an H100.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { tf } from "../../tensor/tf.ts";

/** One number or a vector of them, as tfjs lays uniforms out. */
export interface Uniform {
  readonly type: string;
  data: number[];
}

interface Binding {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** Private parts of tfjs's backend, of the release that deno.json pins. */
interface BackendParts {
  commandQueueOwnedIds: WeakSet<object>;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  uniformPendingDisposal: GPUBuffer[];
  activeTimers: unknown;
  makeUniforms(uniforms: Uniform[]): Binding;
  recordAndSubmit(
    program: TheirProgram,
    output: tf.TensorInfo,
    inputs: tf.TensorInfo[],
    defined?: Uniform[],
  ): void;
}

interface TheirProgram {
  readonly pipeline: GPUComputePipeline;
  readonly dispatch: [number, number, number];
  readonly pixelsOpType?: unknown;
  readonly size?: boolean;
  readonly outputShape: number[];
  readonly outputComponent?: number;
}

/** What one dispatch binds and starts. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  /** In the order of their bindings, before the uniforms. */
  readonly tensors: readonly tf.TensorInfo[];
  readonly uniforms: Uniform[];
  readonly groups: readonly [number, number, number];
}

/** Entries that a cache holds at most: several times what a training step of a large model needs. */
const CACHED = 20_000;

const all = new WeakMap<WebGPUBackend, Dispatches>();

/** The queue of a backend. */
export function dispatchesOf(backend: WebGPUBackend): Dispatches {
  const known = all.get(backend);
  if (known !== undefined) return known;
  const dispatches = new Dispatches(backend);
  all.set(backend, dispatches);
  return dispatches;
}

/** Queues dispatches of one backend. */
class Dispatches {
  readonly #backend: WebGPUBackend;
  readonly #parts: BackendParts;
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;
  readonly #layouts = new WeakMap<GPUComputePipeline, GPUBindGroupLayout>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #uniforms = new Map<string, Binding>();
  readonly #seenUniforms = new Set<string>();

  constructor(backend: WebGPUBackend) {
    this.#backend = backend;
    this.#parts = backend as unknown as BackendParts;
  }

  /** Lets tfjs's own kernels be queued here too. */
  takeOver(): void {
    const parts = this.#parts;
    const theirs = parts.recordAndSubmit.bind(this.#backend);
    parts.recordAndSubmit = (program, output, inputs, defined = []) => {
      // Pictures and timed programs are bound in other ways.
      if (program.pixelsOpType != null || parts.activeTimers != null) {
        theirs(program, output, inputs, defined);
        return;
      }
      const { pipeline, dispatch: groups } = program;
      const uniforms = theirUniforms(program, [...inputs, output]);
      this.queue({
        pipeline,
        tensors: [output, ...inputs],
        uniforms: [...uniforms, ...defined],
        groups,
      });
    };
  }

  /** Queues one dispatch over tensors that are on the GPU. */
  queue({ pipeline, tensors, uniforms, groups }: Dispatch): void {
    const parts = this.#parts;
    const bindings = tensors.map(({ dataId }) => {
      parts.commandQueueOwnedIds.add(dataId);
      return this.#backend.tensorMap.get(dataId).resource as GPUBuffer;
    });
    const bound = uniforms.length > 0 ? this.#uniformsOf(uniforms) : null;
    const bindGroup = this.#bindGroupOf(pipeline, bindings, bound);
    this.#backend.ensureCommandEncoderReady();
    parts.computePassEncoder ??= parts.commandEncoder!.beginComputePass();
    parts.computePassEncoder.setPipeline(pipeline);
    parts.computePassEncoder.setBindGroup(0, bindGroup);
    parts.computePassEncoder.dispatchWorkgroups(...groups);
    parts.dispatchCountInPass++;
    const most = tf.env().getNumber("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE");
    if (parts.dispatchCountInPass < most) return;
    this.#backend.endComputePassEncoder();
    this.#backend.submitQueue();
  }

  #bindGroupOf(
    pipeline: GPUComputePipeline,
    buffers: readonly GPUBuffer[],
    uniforms: Binding | null,
  ): GPUBindGroup {
    let key = `${this.#numberOf(pipeline)}`;
    for (const buffer of buffers) key += `,${this.#numberOf(buffer)}`;
    if (uniforms !== null) key += `,${this.#numberOf(uniforms.buffer)}`;
    const known = this.#bindGroups.get(key);
    if (known !== undefined) return known;
    let layout = this.#layouts.get(pipeline);
    if (layout === undefined) {
      layout = pipeline.getBindGroupLayout(0);
      this.#layouts.set(pipeline, layout);
    }
    const resources: GPUBindingResource[] = buffers.map((buffer) => ({
      buffer,
    }));
    if (uniforms !== null) resources.push(uniforms);
    const bindGroup = this.#backend.device.createBindGroup({
      layout,
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    if (this.#bindGroups.size >= CACHED) this.#bindGroups.clear();
    this.#bindGroups.set(key, bindGroup);
    return bindGroup;
  }

  /** Uniforms that come a second time are kept. What changes with every step, as a rate does, goes through tfjs's pool. */
  #uniformsOf(uniforms: Uniform[]): Binding {
    const key = uniforms.map(({ type, data }) => `${type}${data}`).join();
    const known = this.#uniforms.get(key);
    if (known !== undefined) return known;
    const made = this.#parts.makeUniforms(uniforms);
    if (!this.#seenUniforms.has(key)) {
      if (this.#seenUniforms.size >= CACHED) this.#seenUniforms.clear();
      this.#seenUniforms.add(key);
    } else if (this.#uniforms.size < CACHED) {
      this.#parts.uniformPendingDisposal.pop();
      this.#uniforms.set(key, made);
    }
    return made;
  }

  #numberOf(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    const number = ++this.#lastNumber;
    this.#numbers.set(object, number);
    return number;
  }
}

/** What tfjs's shaders read: not-a-number, infinity, shapes with strides, and for some the count of results. */
function theirUniforms(
  { size, outputShape, outputComponent }: TheirProgram,
  tensors: readonly tf.TensorInfo[],
): Uniform[] {
  const uniforms: Uniform[] = [
    { type: "float32", data: [NaN] },
    { type: "float32", data: [Infinity] },
  ];
  for (const { shape } of tensors) {
    uniforms.push(
      { type: "int32", data: [...shape] },
      { type: "int32", data: tf.util.computeStrides(shape) },
    );
  }
  if (size) {
    const count = tf.util.sizeFromShape(outputShape);
    const data = [outputComponent ? count / outputComponent : count];
    uniforms.push({ type: "int32", data });
  }
  return uniforms;
}
