// Sums of rows by segment, the gradient of a lookup. tfjs's kernel adds with atomics, in an order that differs from run to run; here
// the first row of each segment adds the others in their order.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { tf } from "../../tensor/tf.ts";
import { flat, groupsFor, runProgram, sizeOf } from "./gpu_program.ts";

const THREADS = 256;

/** x [L, ...], segmentIds [L] to [segments, ...]; ids outside are left out. The caller owns the result. */
export function segmentSum(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  segmentIds: tf.TensorInfo,
  segments: number,
): tf.TensorInfo {
  const rows = sizeOf(segmentIds.shape);
  const rest = x.shape.slice(segmentIds.shape.length);
  const width = sizeOf(rest);
  const ids = flat(segmentIds);
  const isFirst = runProgram(backend, {
    name: "segment_first",
    inputs: { ids },
    outputShape: [rows],
    threads: THREADS,
    groups: groupsFor(rows, THREADS),
    integers: { rows },
    main: `
        if (index >= uniforms.rows) { return; }
        var answer = 1.0;
        for (var before = 0; before < index; before++) {
          if (ids[before] == ids[index]) { answer = 0.0; }
        }
        result[index] = answer;`,
  });
  const zeros = tf.engine().runKernel(
    "Fill",
    {},
    { shape: [segments, ...rest], value: 0, dtype: "float32" },
  ) as tf.Tensor;
  const sums = runProgram(backend, {
    name: "segment_sum",
    inputs: { x: flat(x), ids, isFirst },
    outputShape: zeros.shape,
    threads: THREADS,
    groups: groupsFor(rows * width, THREADS),
    integers: { rows, width, segments },
    main: `
        if (index >= uniforms.rows * uniforms.width) { return; }
        let row = index / uniforms.width;
        let id = ids[row];
        if (isFirst[row] == 0.0 || id < 0 || id >= uniforms.segments) { return; }
        var sum = 0.0;
        for (var other = row; other < uniforms.rows; other++) {
          if (ids[other] == id) { sum += x[other * uniforms.width + index % uniforms.width]; }
        }
        result[id * uniforms.width + index % uniforms.width] = sum;`,
  }, zeros);
  backend.disposeData(isFirst.dataId);
  return sums;
}
