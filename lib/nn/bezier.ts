// FluxFlow's activations: a cubic Bezier curve whose parameter and control points are channels or weights.
import { hasFusedKernel, runFusedKernel } from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";
import type { Scope } from "./scope.ts";
import { BEZIER_PARTS } from "../blueprint/parameter_spec.ts";

/** What a control point passes through before the curve. The curve's parameter t always passes a sigmoid. */
export type PointActivation = "silu" | "none";

/**
 * Cubic Bezier activation of parts that lie one after the other in the last axis: [t, p0, p1, p2, p3], F channels each.
 * B = (1-t)^3 p0 + 3(1-t)^2 t p1 + 3(1-t) t^2 p2 + t^3 p3 with t = sigmoid(part 0).
 *
 * `x`: [..., 5F]; returns [..., F]. The gradient is written out: the generic one keeps and visits a dozen full-size
 * intermediates.
 */
export function bezierActivation<T extends tf.Tensor>(
  x: T,
  points: PointActivation,
): T {
  return curveOf(x, points) as T;
}

function curveOf(x: tf.Tensor, points: PointActivation): tf.Tensor {
  const operation = tf.customGrad((...inputs) => {
    const [x, save] = inputs as [tf.Tensor, (kept: tf.Tensor[]) => void];
    save([x]);
    const silu = points === "silu";
    const isFused = hasFusedKernel("FluxBezier");
    const value = isFused
      ? runFusedKernel("FluxBezier", { x }, { silu })[0]!
      : tf.tidy(() => {
        const { t, s, controls } = curveParts(x, points);
        return bernstein(t, s, controls.map((control) => control.value));
      });
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [x] = saved as [tf.Tensor];
      return isFused
        ? runFusedKernel("FluxBezierGrad", { x, dy }, { silu })[0]!
        : tf.tidy(() => curveGradient(dy, x, points));
    };
    return { value, gradFunc };
  });
  return operation(x);
}

function curveGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  points: PointActivation,
): tf.Tensor {
  const { t, s, controls } = curveParts(x, points);
  const [p0, p1, p2, p3] = controls.map((control) => control.value) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const ts = tf.mul(t, s);
  const weights = bernsteinWeights(t, s);
  const slope = tf.mul(
    3,
    tf.add(
      tf.add(
        tf.mul(tf.square(s), tf.sub(p1, p0)),
        tf.mul(tf.mul(2, ts), tf.sub(p2, p1)),
      ),
      tf.mul(tf.square(t), tf.sub(p3, p2)),
    ),
  );
  const parts = [tf.mul(tf.mul(dy, slope), ts)];
  for (const [index, control] of controls.entries()) {
    const direct = tf.mul(dy, weights[index]!);
    parts.push(
      control.slope === null ? direct : tf.mul(direct, control.slope()),
    );
  }
  return tf.concat(parts, -1);
}

interface ControlPoint {
  readonly value: tf.Tensor;
  readonly slope: (() => tf.Tensor) | null;
}

function curveParts(
  x: tf.Tensor,
  points: PointActivation,
): { t: tf.Tensor; s: tf.Tensor; controls: ControlPoint[] } {
  const [first, ...rest] = tf.split(x, BEZIER_PARTS, -1);
  const t = tf.sigmoid(first!);
  return {
    t,
    s: tf.sub(1, t),
    controls: rest.map((part) => controlPoint(part, points)),
  };
}

function controlPoint(part: tf.Tensor, points: PointActivation): ControlPoint {
  if (points === "none") return { value: part, slope: null };
  const gate = tf.sigmoid(part);
  const value = tf.mul(part, gate);
  // d(x g)/dx with g = sigmoid(x) is g + x g (1 - g).
  return { value, slope: () => tf.add(gate, tf.mul(value, tf.sub(1, gate))) };
}

function bernsteinWeights(t: tf.Tensor, s: tf.Tensor): tf.Tensor[] {
  const tt = tf.square(t);
  const ss = tf.square(s);
  return [
    tf.mul(ss, s),
    tf.mul(tf.mul(3, ss), t),
    tf.mul(tf.mul(3, s), tt),
    tf.mul(tt, t),
  ];
}

function bernstein(
  t: tf.Tensor,
  s: tf.Tensor,
  controls: readonly tf.Tensor[],
): tf.Tensor {
  return bernsteinWeights(t, s)
    .map((weight, index) => tf.mul(weight, controls[index]!))
    .reduce((sum, term) => tf.add(sum, term));
}

/**
 * Curve with trained control points `p0`..`p3` of the scope, t = sigmoid(x). `x`: [..., C]; the weights hold C numbers
 * each (FluxFlow also stores them as [C, 1, 1]).
 */
export function trainableBezier<T extends tf.Tensor>(scope: Scope, x: T): T {
  const t = tf.sigmoid(x);
  const controls = ["p0", "p1", "p2", "p3"].map((name) =>
    tf.reshape(scope.get(name), [-1])
  );
  return bernstein(t, tf.sub(1, t), controls) as T;
}

/** FluxFlow's reading of its transformer blocks: channel 5f + part, although the parts were laid one after the other. */
export function interleavedBezier<T extends tf.Tensor>(x: T): T {
  const features = x.shape.at(-1)! / BEZIER_PARTS;
  const rank = x.shape.length;
  const split = tf.reshape(x, [
    ...x.shape.slice(0, -1),
    features,
    BEZIER_PARTS,
  ]);
  const axes = [...x.shape.keys()];
  const planar = tf.reshape(
    tf.transpose(split, [...axes.slice(0, -1), rank, rank - 1]),
    x.shape,
  );
  return bezierActivation(planar, "none") as tf.Tensor as T;
}
