// Sums over many elements in two stages: every workgroup sums a part, then the parts are summed. The order depends on the sizes alone.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import {
  flat,
  groupsFor,
  reshaped,
  runProgram,
  sizeOf,
} from "./gpu_program.ts";

/** A matrix, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

const THREADS = 256;
/** Threads that together sum one row. */
const SHORT_ROW_THREADS = 64;
/** Elements of a row that one workgroup takes. */
const PART = 8192;
/** Rows that one thread sums of a column. */
const COLUMN_PART = 64;

/** Sums each row of `x`: [rows]. The caller owns the result. A tensor of truth values lies in memory as int32. */
export function sumColumns(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  { rows, columns }: Matrix,
  scale = 1,
): tf.TensorInfo {
  const parts = Math.ceil(columns / PART);
  const partial = sumParts(
    backend,
    x,
    { rows, columns },
    parts,
    parts > 1 ? 1 : scale,
  );
  if (parts === 1) return reshaped(partial, [rows]);
  const sum = sumColumns(backend, partial, { rows, columns: parts }, scale);
  backend.disposeData(partial.dataId);
  return sum;
}

function sumParts(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  { rows, columns }: Matrix,
  parts: number,
  scale: number,
): tf.TensorInfo {
  const threads = columns <= 1024 ? SHORT_ROW_THREADS : THREADS;
  return runProgram(backend, {
    name: "row_sums",
    inputs: { x: reshaped(x, [rows * columns]) },
    outputShape: [rows * parts],
    threads,
    groups: rows * parts,
    integers: { rows, columns, parts },
    floats: { scale },
    functions: `
      var<workgroup> sums: array<f32, ${threads}>;`,
    main: `
        let group = index / ${threads};
        let row = group / uniforms.parts;
        let start = group % uniforms.parts * ${PART};
        let end = min(start + ${PART}, uniforms.columns);
        let thread = i32(localIndex);
        var sum = 0.0;
        if (row < uniforms.rows) {
          for (var at = start + thread; at < end; at += ${threads}) {
            sum += f32(x[row * uniforms.columns + at]);
          }
        }
        sums[thread] = sum;
        ${treeSum("sums", threads)}
        if (thread == 0 && row < uniforms.rows) { result[group] = sums[0] * uniforms.scale; }`,
  });
}

/** Sums each column of `x`: [columns]. The caller owns the result. */
export function sumRows(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  { rows, columns }: Matrix,
  scale = 1,
): tf.TensorInfo {
  const parts = Math.ceil(rows / COLUMN_PART);
  const partial = runProgram(backend, {
    name: "column_sums",
    inputs: { x: reshaped(x, [rows * columns]) },
    outputShape: [parts * columns],
    threads: THREADS,
    groups: groupsFor(parts * columns, THREADS),
    integers: { rows, columns, parts },
    floats: { scale: parts > 1 ? 1 : scale },
    main: `
        if (index >= uniforms.parts * uniforms.columns) { return; }
        let column = index % uniforms.columns;
        let start = index / uniforms.columns * ${COLUMN_PART};
        let end = min(start + ${COLUMN_PART}, uniforms.rows);
        var sum = 0.0;
        for (var row = start; row < end; row++) {
          sum += f32(x[row * uniforms.columns + column]);
        }
        result[index] = sum * uniforms.scale;`,
  });
  if (parts === 1) return reshaped(partial, [columns]);
  const sum = sumRows(backend, partial, { rows: parts, columns }, scale);
  backend.disposeData(partial.dataId);
  return sum;
}

/** The sum of all squares of all `tensors`, a scalar. The caller owns it. */
export function squareSum(
  backend: WebGPUBackend,
  tensors: readonly tf.TensorInfo[],
): tf.TensorInfo {
  const counts = tensors.map(({ shape }) => Math.ceil(sizeOf(shape) / PART));
  const parts = counts.reduce((sum, count) => sum + count, 0);
  let sums: tf.TensorInfo | undefined;
  let first = 0;
  for (const [index, tensor] of tensors.entries()) {
    const size = sizeOf(tensor.shape);
    sums = runProgram(backend, {
      name: "square_sums",
      inputs: { x: flat(tensor) },
      outputShape: [parts],
      threads: THREADS,
      groups: counts[index]!,
      integers: { length: size, first, count: counts[index]! },
      functions: `
      var<workgroup> sums: array<f32, ${THREADS}>;`,
      main: `
        let group = index / ${THREADS};
        let start = group * ${PART};
        let end = min(start + ${PART}, uniforms.length);
        let thread = i32(localIndex);
        var sum = 0.0;
        for (var at = start + thread; at < end; at += ${THREADS}) {
          sum += x[at] * x[at];
        }
        sums[thread] = sum;
        ${treeSum("sums", THREADS)}
        if (thread == 0 && group < uniforms.count) { result[uniforms.first + group] = sums[0]; }`,
    }, sums);
    first += counts[index]!;
  }
  const total = sumColumns(backend, sums!, { rows: 1, columns: parts });
  backend.disposeData(sums!.dataId);
  return reshaped(total, []);
}

/** WGSL that leaves the sum of a workgroup's array in its first element. `threads` is a power of two. */
export function treeSum(name: string, threads: number): string {
  const lines = ["workgroupBarrier();"];
  for (let half = threads / 2; half >= 1; half /= 2) {
    lines.push(
      `if (i32(localIndex) < ${half}) { ${name}[i32(localIndex)] += ${name}[i32(localIndex) + ${half}]; }`,
      "workgroupBarrier();",
    );
  }
  return lines.join("\n");
}
