// What keeps a latent near N(0, 1), and how its weight grows.
import { tf } from "../tensor/tf.ts";

/** How the divergence of single elements becomes one number. */
export type KlReduction =
  /** Mean over everything: about 1, whatever the latent's size. FluxFlow since 0.3.0. */
  | "mean"
  /** Sum per example, mean over the batch: the variational bound itself. FluxFlow before 0.3.0. */
  | "sum";

/** Settings of {@linkcode klDivergence}. */
export interface KlOptions {
  /** Least divergence of an element, in nats: below it an element is not pushed further. */
  readonly freeBits?: number;
  readonly reduction?: KlReduction;
}

/**
 * Divergence of N(`mean`, exp(`logVar`)) from N(0, 1), element by element −½(1 + λ − μ² − e^λ), floored at `freeBits`.
 * `mean`, `logVar`: [N, ...] of equal shape. The caller owns the scalar.
 * Source: Kingma and Welling 2014; Kingma et al. 2016 for free bits, here per element as in FluxFlow.
 */
export function klDivergence(
  mean: tf.Tensor,
  logVar: tf.Tensor,
  { freeBits = 0, reduction = "mean" }: KlOptions = {},
): tf.Scalar {
  return tf.tidy(() => {
    const spread = tf.sub(
      tf.add(tf.square(mean), tf.exp(logVar)),
      tf.add(logVar, 1),
    );
    const elements = tf.mul(0.5, spread);
    // No element is negative, so a floor of 0 would only add work.
    const floored = freeBits > 0 ? tf.maximum(elements, freeBits) : elements;
    if (reduction === "mean") return tf.mean(floored);
    return tf.div(tf.sum(floored), mean.shape[0] ?? 1);
  });
}

/**
 * Weight of the divergence at train step `trainStep`: half a cosine from 0 to `beta` over `warmupSteps`, which may be 0.
 *
 * FluxFlow counts over the whole pipeline, so that a second step's warm-up never happens; here the caller counts from the
 * step's own start.
 */
export function klWeight(
  trainStep: number,
  warmupSteps: number,
  beta: number,
): number {
  if (warmupSteps <= 0) return beta;
  const share = Math.min(Math.max(trainStep / warmupSteps, 0), 1);
  return beta * (1 - Math.cos(Math.PI * share)) / 2;
}
