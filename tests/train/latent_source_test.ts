// The scale in which the flow is trained.
import assert from "node:assert/strict";
import { latentStatistics } from "../../lib/train/latent_source.ts";

Deno.test("latentStatistics() takes mean and deviation of each channel over pictures and places", () => {
  const tokens = [
    Float32Array.of(1, 10, 3, 10),
    Float32Array.of(1, 10, 3, 10),
  ];
  const { mean, std } = latentStatistics({ tokens, channels: 2 });
  assert.deepEqual([...mean], [2, 10]);
  assert.equal(std[0], 1);
  // A channel that never varies is not divided by zero.
  assert.ok(std[1]! > 0 && std[1]! < 1e-3);
});
