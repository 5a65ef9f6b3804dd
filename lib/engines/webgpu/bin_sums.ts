// Sums of weights by bin, each in one fixed order. tfjs adds into one array from all threads at once: on an H100 that took a third
// of a training step, and no two runs gave the same digits.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { flat, runProgram, sizeOf } from "./gpu_program.ts";
import { sumRows } from "./reductions.ts";

/** Bins of one workgroup: one for each thread. */
const THREADS = 256;
/** Elements that one workgroup looks at. */
const PART = 1024;

/** bins (whole numbers) and weights of one length to sums [bins]; what is outside is left out. The caller owns the result. */
export function binSums(
  backend: WebGPUBackend,
  bins: tf.TensorInfo,
  weights: tf.TensorInfo,
  count: number,
): tf.TensorInfo {
  const length = sizeOf(bins.shape);
  const parts = Math.ceil(length / PART);
  const blocks = Math.ceil(count / THREADS);
  const partial = runProgram(backend, {
    name: "bin_sums",
    inputs: { bins: flat(bins), weights: flat(weights) },
    outputShape: [parts, count],
    threads: THREADS,
    groups: parts * blocks,
    integers: { length, count, parts, blocks },
    functions: `
      var<workgroup> someBins: array<i32, ${THREADS}>;
      var<workgroup> someWeights: array<f32, ${THREADS}>;`,
    main: `
        let group = index / ${THREADS};
        let part = group / uniforms.blocks;
        let thread = i32(localIndex);
        let bin = group % uniforms.blocks * ${THREADS} + thread;
        let end = min((part + 1) * ${PART}, uniforms.length);
        var sum = 0.0;
        for (var start = part * ${PART}; start < end; start += ${THREADS}) {
          let at = start + thread;
          someBins[thread] = select(-1, bins[min(at, uniforms.length - 1)], at < end);
          someWeights[thread] = weights[min(at, uniforms.length - 1)];
          workgroupBarrier();
          for (var other = 0; other < ${THREADS}; other++) {
            sum += select(0.0, someWeights[other], someBins[other] == bin);
          }
          workgroupBarrier();
        }
        if (part < uniforms.parts && bin < uniforms.count) { result[part * uniforms.count + bin] = sum; }`,
  });
  const sums = sumRows(backend, partial, { rows: parts, columns: count });
  if (sums.dataId !== partial.dataId) backend.disposeData(partial.dataId);
  return sums;
}
