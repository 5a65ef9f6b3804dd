// Which generations stay.
import assert from "node:assert/strict";
import type { Generation } from "../../lib/checkpoint/generation.ts";
import { nextManifest } from "../../lib/checkpoint/retention.ts";

function generation(
  globalStep: number,
  score: number | null = null,
): Generation {
  return { globalStep, folder: `checkpoints/${globalStep}`, files: [], score };
}

function steps(generations: readonly Generation[]): number[] {
  return generations.map((one) => one.globalStep);
}

Deno.test("nextManifest() keeps the newest n", () => {
  const manifest = nextManifest(
    generation(4),
    [3, 2, 1].map((step) => generation(step)),
    { keepLast: 3, keepBest: null },
  );
  assert.equal(manifest.current.globalStep, 4);
  assert.equal(manifest.previous?.globalStep, 3);
  assert.deepEqual(steps(manifest.older), [2]);
  assert.deepEqual(manifest.best, []);
});

Deno.test("nextManifest() with keep_last 1 keeps the current one alone", () => {
  const manifest = nextManifest(generation(2), [generation(1)], {
    keepLast: 1,
    keepBest: null,
  });
  assert.equal(manifest.previous, null);
  assert.deepEqual(manifest.older, []);
});

Deno.test("nextManifest() keeps the best by score, of equal ones the newer", () => {
  const manifest = nextManifest(generation(5, 0.4), [
    generation(4, 0.2),
    generation(3, 0.2),
    generation(2, 0.1),
    generation(1),
  ], { keepLast: 2, keepBest: { count: 2, lowerIsBetter: true } });
  assert.deepEqual(steps(manifest.best), [2, 4]);
  const upwards = nextManifest(generation(5, 0.4), [generation(4, 0.2)], {
    keepLast: 2,
    keepBest: { count: 1, lowerIsBetter: false },
  });
  assert.deepEqual(steps(upwards.best), [5]);
});
