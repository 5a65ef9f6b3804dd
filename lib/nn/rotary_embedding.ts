// Rotary position embedding (Su et al. 2021) of queries and keys.
import type { RotaryTables } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import type { Rotation } from "./attention.ts";

const WAVELENGTH_BASE = 10_000;

/** A rotation for `tokens` positions 0, 1, ... and heads of width `width` (even). */
export function rotary(
  tokens: number,
  width: number,
  tables: RotaryTables,
): Rotation {
  const half = width / 2;
  const angles = Float32Array.from({ length: tokens * width }, (_, at) => {
    const column = at % width;
    const pair = tables === "paired" ? column % half : Math.floor(column / 2);
    return Math.floor(at / width) * WAVELENGTH_BASE ** (-pair / half);
  });
  const sin = angles.map(Math.sin);
  const cos = angles.map(Math.cos);
  return (heads) => {
    const [first, second] = tf.split(heads, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    const turned = tf.concat([tf.neg(second), first], 3);
    const shape: [number, number, number, number] = [1, 1, tokens, width];
    return tf.add(
      tf.mul(heads, tf.tensor4d(cos, shape)),
      tf.mul(turned, tf.tensor4d(sin, shape)),
    );
  };
}
