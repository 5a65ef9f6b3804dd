import assert from "node:assert/strict";
import { sweepSettings } from "../../lib/config/sweep_axes.ts";
import { labelsFrom } from "./matrix_cases.ts";

Deno.test("sweepSettings() makes values in a row an axis, and leaves one value an override", async () => {
  const { overrides, axes } = sweepSettings([
    "training.lr=1e-4,3e-4",
    "training.batch_size={from: 2, to: 4, step: 2}",
    "name=other",
    "training.freeze=[flow, text_encoder]",
  ]);
  assert.deepEqual(overrides, [
    "name=other",
    "training.freeze=[flow, text_encoder]",
  ]);
  assert.deepEqual(axes.map(([path]) => path), [
    "training.lr",
    "training.batch_size",
  ]);
  const added = { axes, seeds: 2 };
  assert.deepEqual(
    (await labelsFrom("seed: 1", added)).slice(0, 3),
    [
      "lr-0.0001.batch_size-2.seed-1",
      "lr-0.0001.batch_size-2.seed-2",
      "lr-0.0001.batch_size-4.seed-1",
    ],
  );
  // The command line's values take the place of the file's.
  assert.deepEqual(
    await labelsFrom("matrix: { axes: { training.lr: [5] }, seeds: 3 }", {
      axes: axes.slice(0, 1),
      seeds: 1,
    }),
    ["lr-0.0001.seed-0", "lr-0.0003.seed-0"],
  );
});

Deno.test("sweepSettings() refuses values that are no YAML, at their place", () => {
  assert.throws(
    () => sweepSettings(["training.lr=1,{2"]),
    /--set#1:1:\d+/,
  );
});
