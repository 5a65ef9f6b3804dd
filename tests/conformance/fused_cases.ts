// Cases of what engines may have one kernel for: activations, norms, clipping, averages and updates.
import { bezierActivation } from "../../lib/nn/bezier.ts";
import { groupNormalize } from "../../lib/nn/normalization.ts";
import { clipByGlobalNorm } from "../../lib/optim/clipping.ts";
import { globalNorm } from "../../lib/optim/numbers.ts";
import {
  createOptimizer,
  disposeOptimizerState,
} from "../../lib/optim/optimizer.ts";
import {
  disposeAverage,
  startAverage,
  updateAverage,
} from "../../lib/optim/parameter_average.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { type CaseDraft, casesOf, type OpCase, waves } from "./op_case.ts";
import { build, type Numbers } from "./reference_array.ts";
import { bezier, groupNormalized } from "./reference_pictures.ts";

type Four = [number, number, number, number];

/** Between the norm of small cases and that of large ones, so that some are clipped and some are not. */
const BOUND = 2;
const DECAY_OF_AVERAGE = 0.9;

const RATE = 0.1;
const BETAS = [0.9, 0.99] as const;
const DECAY = 0.01;
const UPDATES = 3;
/** Lengths of weights that an engine may update together. */
const MANY = [1, 35, 900, 64];

/** `lengths`: the weights lie in several parameters, one after the other, that are updated together. */
function updated(
  type: "AdamW" | "Adam",
  start: tf.Tensor,
  gradient: tf.Tensor,
  lengths: readonly number[] = [start.size],
): tf.Tensor {
  const partsOf = (x: tf.Tensor) =>
    tf.split(tf.reshape(x, [-1]), [...lengths])
      .map((part, at) => [`w${at}`, part] as const);
  const variables = partsOf(start).map(([name, part]) =>
    [name, tf.variable(part)] as const
  );
  const parameters = new Map(variables);
  const optimizer = createOptimizer({
    type,
    lr: RATE,
    betas: BETAS,
    weight_decay: DECAY,
  });
  let state = optimizer.init(parameters);
  const gradients = new Map(partsOf(gradient));
  for (let k = 0; k < UPDATES; k++) {
    state = optimizer.apply(parameters, gradients, state, RATE);
  }
  const result = tf.reshape(tf.concat([...parameters.values()]), start.shape);
  disposeOptimizerState(state);
  tf.dispose([...parameters.values()]);
  return result;
}

/** Kingma and Ba 2015; AdamW shrinks the weights (Loshchilov and Hutter 2019), Adam adds them to the gradient. */
function adamReference(
  type: "AdamW" | "Adam",
  start: Numbers,
  gradient: Numbers,
): Numbers {
  const values = start.values.map((value, at) => {
    let [weight, mean, square] = [value, 0, 0];
    for (let count = 1; count <= UPDATES; count++) {
      if (type === "AdamW") weight -= RATE * DECAY * weight;
      const g = gradient.values[at]! + (type === "Adam" ? DECAY * weight : 0);
      mean = BETAS[0] * mean + (1 - BETAS[0]) * g;
      square = BETAS[1] * square + (1 - BETAS[1]) * g * g;
      const unbiased = Math.sqrt(square / (1 - BETAS[1] ** count));
      weight -= RATE * mean / (1 - BETAS[0] ** count) / (unbiased + 1e-8);
    }
    return weight;
  });
  return { shape: start.shape, values };
}

/** All of them. */
export const FUSED_CASES: readonly OpCase[] = [
  ...casesOf(
    "FluxBezier",
    (["silu", "none"] as const).flatMap((points) =>
      [[2, 3, 5], [2, 3, 15], [3, 20], [1, 2, 2, 90], [2, 7, 35]].map(
        (shape) => ({
          name: `[${shape}], points ${points}`,
          inputs: [waves(shape, { reach: 6 })],
          run: (x: tf.Tensor) => bezierActivation(x, points),
          reference: ([x]: readonly Numbers[]) => bezier(x!, points),
        }),
      )
    ),
  ),
  ...casesOf(
    "FluxGroupNormalize",
    ([
      [[2, 5, 6, 8], 1],
      [[2, 5, 4, 12], 2],
      [[1, 3, 3, 12], 6],
      [[2, 7, 5, 8], 4],
      [[1, 1, 1, 4], 1],
    ] as [Four, number][]).map(([shape, groups]) => ({
      name: `[${shape}] in ${groups} groups`,
      inputs: [shape],
      run: (x) => groupNormalize(x as tf.Tensor4D, groups),
      reference: ([x]) => groupNormalized(x!, groups, 1e-5),
    })),
  ),
  ...casesOf(
    "FluxSquareSum",
    [[[3]], [[2, 3], [7], [1, 4, 2]], [[130, 11], []]].map((shapes) => ({
      name: shapes.map((shape) => `[${shape}]`).join(", "),
      inputs: shapes,
      run: (x) => x!,
      runLater: async (...all) =>
        tf.scalar(
          await globalNorm(
            new Map(all.map((one, k) => [String(k), one] as const)),
          ),
        ),
      reference: (all) => ({
        shape: [],
        values: Float64Array.of(
          Math.sqrt(
            all.flatMap(({ values }) => [...values])
              .reduce((sum, value) => sum + value * value, 0),
          ),
        ),
      }),
      gradient: "none",
    })),
  ),
  ...casesOf(
    "FluxScale",
    [[3], [5, 7], [130, 3]].map((shape) => ({
      name: `[${shape}] clipped to a norm`,
      inputs: [shape],
      run: (x) => x!,
      runLater: async (x) => {
        const gradients = new Map([["w", tf.clone(x!)]]);
        const { grads } = await clipByGlobalNorm(gradients, BOUND);
        return grads.get("w")!;
      },
      reference: ([x]) => {
        const norm = Math.hypot(...x!.values);
        const factor = Math.min(1, BOUND / (norm + 1e-6));
        return build(shape, (_, at) => x!.values[at]! * factor);
      },
      gradient: "none",
    })),
  ),
  ...casesOf(
    "FluxBlend",
    [[3], [5, 7], []].map((shape) => ({
      name: `[${shape}], average after one more`,
      inputs: [shape, waves(shape, { phase: 3 })],
      run: (x) => x!,
      runLater: (before, now) => {
        const first = startAverage(new Map([["w", before!]]), DECAY_OF_AVERAGE);
        const next = updateAverage(first, new Map([["w", now!]]));
        const result = tf.clone(next.tensors.get("w")!);
        disposeAverage(next);
        return Promise.resolve(result);
      },
      reference: ([before, now]) =>
        build(
          shape,
          (_, at) =>
            DECAY_OF_AVERAGE * before!.values[at]! +
            (1 - DECAY_OF_AVERAGE) * now!.values[at]!,
        ),
      gradient: "none",
    })),
  ),
  ...casesOf(
    "FluxAdam",
    (["AdamW", "Adam"] as const).flatMap((type) =>
      [[3], [5, 7], [1]].map((shape): CaseDraft => ({
        name: `three updates of [${shape}] by ${type}`,
        inputs: [shape, waves(shape, { phase: 4, reach: 0.3 })],
        run: (w, gradient) => updated(type, w!, gradient!),
        reference: ([w, gradient]) => adamReference(type, w!, gradient!),
        gradient: "none",
      }))
    ),
  ),
  ...casesOf("FluxAdam", [{
    name: "three updates of four weights together",
    inputs: [[1000], waves([1000], { phase: 4, reach: 0.3 })],
    run: (w, gradient) => updated("AdamW", w!, gradient!, MANY),
    reference: ([w, gradient]) => adamReference("AdamW", w!, gradient!),
    gradient: "none",
  }]),
];
