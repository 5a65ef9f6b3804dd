// Weights of a perceptual loss by the formulas of tests/pytorch/reference_lpips.py.
import {
  headName,
  perceptualShapes,
  VGG_BLOCKS,
  vggName,
} from "../../lib/exchange/perceptual_weights.ts";
import type { StoredArray } from "../../lib/blueprint/parameter_spec.ts";

/** Every array that the loss wants. */
export function lpipsWeights(): Map<string, StoredArray> {
  const arrays = new Map<string, StoredArray>();
  const put = (name: string, at: (j: number) => number) => {
    const shape = perceptualShapes().get(name)!;
    const length = shape.reduce((product, side) => product * side, 1);
    const data = new Float32Array(length);
    for (let j = 0; j < length; j++) data[j] = at(j);
    arrays.set(name, { shape, data });
  };
  for (const [block, convolutions] of VGG_BLOCKS.entries()) {
    for (const { index, inputs } of convolutions) {
      const scale = Math.sqrt(3 / (9 * inputs));
      put(vggName(index, "weight"), (j) => scale * Math.sin(1.7 * j + index));
      put(vggName(index, "bias"), (j) => 0.05 * Math.sin(0.7 * j + index));
    }
    put(headName(block), (j) => 0.5 * Math.sin(0.3 * j + block) + 0.5);
  }
  return arrays;
}
