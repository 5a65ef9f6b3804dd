// FluxFlow's Bezier activation and its gradient, each one pass over memory.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { BEZIER_PARTS } from "../../blueprint/parameter_spec.ts";
import { flat, groupsFor, runProgram, sizeOf } from "./gpu_program.ts";

const THREADS = 256;

/** x [..., 5F] to [..., F]; the caller owns the result. */
export function bezier(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  silu: boolean,
): tf.TensorInfo {
  const features = x.shape.at(-1)! / BEZIER_PARTS;
  const count = sizeOf(x.shape) / BEZIER_PARTS;
  return runProgram(backend, {
    name: `bezier_${silu}`,
    inputs: { x: flat(x) },
    outputShape: [...x.shape.slice(0, -1), features],
    threads: THREADS,
    integers: { features, count },
    groups: groupsFor(count, THREADS),
    functions: `
      ${pointCode(silu)}`,
    main: `
        let features = uniforms.features;
        if (index >= uniforms.count) { return; }
        let at = index / features * features * ${BEZIER_PARTS} + index % features;
        let t = gate(x[at]);
        let s = 1.0 - t;
        result[index] = s * s * s * point(x[at + features])
          + 3.0 * s * s * t * point(x[at + 2 * features])
          + 3.0 * s * t * t * point(x[at + 3 * features])
          + t * t * t * point(x[at + 4 * features]);`,
  });
}

/** (x, dy) to dL/dx; the caller owns the result. */
export function bezierGradient(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  silu: boolean,
): tf.TensorInfo {
  const features = x.shape.at(-1)! / BEZIER_PARTS;
  const count = sizeOf(x.shape) / BEZIER_PARTS;
  const write = (part: number, value: string) =>
    `result[at + ${part} * features] = d * ${value};`;
  return runProgram(backend, {
    name: `bezier_gradient_${silu}`,
    inputs: { x: flat(x), dy: flat(dy) },
    outputShape: x.shape,
    threads: THREADS,
    integers: { features, count },
    groups: groupsFor(count, THREADS),
    functions: `
      ${pointCode(silu)}`,
    main: `
        let features = uniforms.features;
        if (index >= uniforms.count) { return; }
        let at = index / features * features * ${BEZIER_PARTS} + index % features;
        let d = dy[index];
        let t = gate(x[at]);
        let s = 1.0 - t;
        let x0 = x[at + features];
        let x1 = x[at + 2 * features];
        let x2 = x[at + 3 * features];
        let x3 = x[at + 4 * features];
        let along = 3.0 * (s * s * (point(x1) - point(x0)) + 2.0 * s * t * (point(x2) - point(x1))
          + t * t * (point(x3) - point(x2)));
        ${write(0, "along * t * s")}
        ${write(1, "s * s * s * slope(x0)")}
        ${write(2, "3.0 * s * s * t * slope(x1)")}
        ${write(3, "3.0 * s * t * t * slope(x2)")}
        ${write(4, "t * t * t * slope(x3)")}`,
  });
}

/** What a control point passes through, and the slope of that. */
function pointCode(silu: boolean): string {
  return `
    fn gate(value: f32) -> f32 { return 1.0 / (1.0 + exp(-value)); }
    fn point(value: f32) -> f32 { return ${
    silu ? "value * gate(value)" : "value"
  }; }
    fn slope(value: f32) -> f32 {
      ${
    silu
      ? "let g = gate(value); return g + value * g * (1.0 - g);"
      : "return 1.0;"
  }
    }`;
}
