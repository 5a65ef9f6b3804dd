// Classifier-free guidance: the velocity with the caption, pushed away from the velocity without it.
import {
  type FluxModel,
  type Grid,
  predictVelocity,
} from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import type { VelocityModel } from "./ode_sampler.ts";

/** What the pictures are asked for; the tensors stay the caller's. */
export interface GuidanceConditions {
  readonly grid: Grid;
  /** Vectors of the captions, [N, E]. */
  readonly text: tf.Tensor2D;
  /** Vectors of what to pull away from, [N, E]; the empty caption's where nothing is named. */
  readonly negative: tf.Tensor2D;
  /** 1: the caption alone; 0: the negative alone; above 1: beyond the caption. */
  readonly scale: number;
}

/** v = v_negative + scale * (v_caption - v_negative), both from one pass of the model. Source: Ho and Salimans 2022. */
export function guidedVelocity(
  model: FluxModel,
  conditions: GuidanceConditions,
): VelocityModel {
  const { grid, text, negative, scale } = conditions;
  return (latent, time) =>
    tf.tidy(() => {
      const count = latent.shape[0];
      const one = (vectors: tf.Tensor2D) =>
        predictVelocity(model, latent, {
          ...grid,
          text: vectors,
          time: tf.fill([count], time),
        });
      if (scale === 1) return one(text);
      if (scale === 0) return one(negative);
      const both = predictVelocity(model, tf.concat([latent, latent]), {
        ...grid,
        text: tf.concat([negative, text]),
        time: tf.fill([2 * count], time),
      });
      const [without, withCaption] = tf.split(both, 2) as [
        tf.Tensor3D,
        tf.Tensor3D,
      ];
      return tf.add(without, tf.mul(tf.sub(withCaption, without), scale));
    });
}
