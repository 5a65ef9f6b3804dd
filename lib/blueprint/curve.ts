// Weights of a trained Bezier curve.
import { constant } from "./initializers.ts";
import type { ParameterList } from "./parameter_list.ts";

/** Declares the four control points of a trained curve. */
export function declareCurve(
  list: ParameterList,
  name: string,
  channels: number,
  points: readonly number[],
  shape: readonly number[] = [channels],
): void {
  for (const [index, point] of points.entries()) {
    list.plain(`${name}.p${index}`, shape, constant(point));
  }
}
