// Group normalisation and its gradient: the sums of every group in two stages, then one pass over the numbers.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { flat, groupsFor, runProgram, sizeOf } from "./gpu_program.ts";
import { treeSum } from "./reductions.ts";

const THREADS = 256;
/** Elements of a group that one workgroup sums. */
const PART = 16384;

/** x [N, H, W, C] to y of that shape and the inverse deviations [N, groups]; the caller owns both. */
export function groupNormalize(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  groups: number,
  epsilon: number,
): [tf.TensorInfo, tf.TensorInfo] {
  const sizes = sizesOf(x, groups);
  const mean = groupMeans(backend, { x }, "x[at]", sizes);
  const variance = groupMeans(
    backend,
    { x, mean },
    `(x[at] - mean[group]) * (x[at] - mean[group])`,
    sizes,
  );
  const inverse = runProgram(backend, {
    name: "inverse_deviation",
    inputs: { variance: flat(variance) },
    outputShape: [x.shape[0]!, groups],
    threads: THREADS,
    groups: groupsFor(sizes.count, THREADS),
    integers: { count: sizes.count },
    floats: { epsilon },
    main: `
        if (index >= uniforms.count) { return; }
        result[index] = inverseSqrt(variance[index] + uniforms.epsilon);`,
  });
  const y = perElement(
    backend,
    { x, mean, inverse },
    "(x[at] - mean[group]) * inverse[group]",
    sizes,
    x.shape,
  );
  backend.disposeData(mean.dataId);
  backend.disposeData(variance.dataId);
  return [y, inverse];
}

/** (y, dy, inverse) to dL/dx = inverse (dy - mean(dy) - y mean(dy y)), means over a group; the caller owns it. */
export function groupNormalizeGradient(
  backend: WebGPUBackend,
  inputs: {
    readonly y: tf.TensorInfo;
    readonly dy: tf.TensorInfo;
    readonly inverse: tf.TensorInfo;
  },
  groups: number,
): tf.TensorInfo {
  const { y, dy, inverse } = inputs;
  const sizes = sizesOf(y, groups);
  const plain = groupMeans(backend, { dy }, "dy[at]", sizes);
  const along = groupMeans(backend, { y, dy }, "dy[at] * y[at]", sizes);
  const gradient = perElement(
    backend,
    { y, dy, inverse, plain, along },
    "inverse[group] * (dy[at] - plain[group] - y[at] * along[group])",
    sizes,
    y.shape,
  );
  backend.disposeData(plain.dataId);
  backend.disposeData(along.dataId);
  return gradient;
}

interface GroupSizes {
  /** Places of a picture. */
  readonly places: number;
  readonly channels: number;
  /** Channels of a group. */
  readonly width: number;
  readonly groups: number;
  /** Groups of all pictures. */
  readonly count: number;
}

function sizesOf(x: tf.TensorInfo, groups: number): GroupSizes {
  const [batch, height, width, channels] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  return {
    places: height * width,
    channels,
    width: channels / groups,
    groups,
    count: batch * groups,
  };
}

type Arrays = Readonly<Record<string, tf.TensorInfo>>;

/** Mean over each group of a WGSL expression in `at` and `group`: [N * groups]. */
function groupMeans(
  backend: WebGPUBackend,
  arrays: Arrays,
  value: string,
  sizes: GroupSizes,
): tf.TensorInfo {
  const { places, width, count } = sizes;
  const size = places * width;
  const parts = Math.ceil(size / PART);
  const partial = runProgram(backend, {
    name: `group_sums_${nameOf(value)}`,
    inputs: flatAll(arrays),
    outputShape: [parts * count],
    threads: THREADS,
    groups: parts * count,
    integers: { ...sizes, length: size, parts },
    floats: { scale: 1 / size },
    functions: `
      var<workgroup> sums: array<f32, ${THREADS}>;`,
    main: `
        let own = index / ${THREADS};
        let group = own / uniforms.parts;
        let start = own % uniforms.parts * ${PART};
        let end = min(start + ${PART}, uniforms.length);
        let thread = i32(localIndex);
        let first = group / uniforms.groups * uniforms.places * uniforms.channels + group % uniforms.groups * uniforms.width;
        var sum = 0.0;
        if (group < uniforms.count) {
          for (var one = start + thread; one < end; one += ${THREADS}) {
            let at = first + one / uniforms.width * uniforms.channels + one % uniforms.width;
            sum += ${value};
          }
        }
        sums[thread] = sum;
        ${treeSum("sums", THREADS)}
        if (thread == 0 && group < uniforms.count) { result[own] = sums[0] * uniforms.scale; }`,
  });
  if (parts === 1) return partial;
  const means = runProgram(backend, {
    name: "group_parts",
    inputs: { partial },
    outputShape: [count],
    threads: THREADS,
    groups: groupsFor(count, THREADS),
    integers: { count, parts },
    main: `
        if (index >= uniforms.count) { return; }
        var sum = 0.0;
        for (var part = 0; part < uniforms.parts; part++) { sum += partial[index * uniforms.parts + part]; }
        result[index] = sum;`,
  });
  backend.disposeData(partial.dataId);
  return means;
}

/** A WGSL expression in `at` and its `group`, for every number. */
function perElement(
  backend: WebGPUBackend,
  arrays: Arrays,
  value: string,
  sizes: GroupSizes,
  shape: readonly number[],
): tf.TensorInfo {
  const size = sizeOf(shape);
  return runProgram(backend, {
    name: `group_map_${nameOf(value)}`,
    inputs: flatAll(arrays),
    outputShape: shape,
    threads: THREADS,
    groups: groupsFor(size, THREADS),
    integers: { ...sizes, length: size },
    main: `
        let at = index;
        if (at >= uniforms.length) { return; }
        let group = at / (uniforms.places * uniforms.channels) * uniforms.groups + at % uniforms.channels / uniforms.width;
        result[at] = ${value};`,
  });
}

function flatAll(arrays: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, flat(array)]),
  );
}

function nameOf(value: string): string {
  return value.replaceAll(/\s+/g, "");
}
