import assert from "node:assert/strict";
import type { Lane, StepLane } from "./races.ts";
import { dispatchLine } from "./tables.ts";
import { disagreements, median, ratio, torchLane } from "./summary.ts";

const lane = (ms: number[], changes: Partial<Lane> = {}): Lane => ({
  title: "wasm",
  threads: 1,
  isTorch: false,
  ms,
  ...changes,
});

const stepLane = (changes: Partial<StepLane>): StepLane => ({
  ...lane([1]),
  cpuMs: [1],
  parameters: 10,
  firstLoss: 0.5,
  firstMs: 1,
  startMs: 1,
  peakBytes: 1,
  profile: null,
  ...changes,
});

Deno.test("median() is the middle, or between the two middle ones", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

Deno.test("ratio() compares within a round: a disturbed round moves no more than itself", () => {
  const torch = lane([10, 30, 10], { isTorch: true });
  assert.equal(ratio(lane([5, 15, 40]), torch), 2);
});

Deno.test("torchLane() prefers equal thread counts", () => {
  const two = lane([1], { isTorch: true, threads: 2 });
  const one = lane([1], { isTorch: true, threads: 1 });
  assert.equal(torchLane([lane([1]), two, one], 1), one);
  assert.equal(torchLane([lane([1]), two, one], null), two);
  assert.equal(torchLane([lane([1])], 1), undefined);
});

Deno.test("disagreements() names other weights and another first loss", () => {
  const torch = stepLane({ title: "PyTorch", isTorch: true });
  const near = stepLane({ firstLoss: 0.5009 });
  assert.deepEqual(disagreements([near, torch]), []);
  const far = stepLane({ firstLoss: 0.502, parameters: 11 });
  assert.deepEqual(disagreements([far, torch]), [
    "wasm trains 11 numbers, PyTorch 10",
    "wasm starts at a loss of 0.502, PyTorch at 0.5",
  ]);
});

Deno.test("dispatchLine() tells what is ours of a small op, by each side's quickest round", () => {
  const ours = lane([0.0075, 0.0055], { title: "tensorflow" });
  const floor = lane([0.0025, 0.003], { title: "its C API", isFloor: true });
  assert.equal(
    dispatchLine([ours, floor]),
    "One small op on tensorflow, quickest round: 5.50 us through tfjs and our binding, 2.50 us in a bare loop over its C API: 3.00 us above it (at most 5 is the goal).",
  );
  assert.equal(dispatchLine([ours]), null);
});
