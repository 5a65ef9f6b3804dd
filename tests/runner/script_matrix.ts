// A matrix over the pipeline of scripts, for tests of how its cells are run.
import assert from "node:assert/strict";
import { loadRuns, type Matrix } from "../../lib/config/load_matrix.ts";
import { sweepSettings } from "../../lib/config/sweep_axes.ts";
import { ROOT, SCRIPTS } from "../cli/cli_process.ts";

/** Key of what the pipeline's last step is given. */
export const ACT = "training.pipeline.steps.act.with";

/** The matrix that these `--set` of a sweep make. */
export async function matrixOf(...set: string[]): Promise<Matrix> {
  const { overrides, axes } = sweepSettings(set);
  const loaded = await loadRuns(`${ROOT}/${SCRIPTS}`, {
    overrides,
    added: { axes, seeds: null, metric: "total.total", direction: "lower" },
  });
  assert.ok(loaded.ok);
  assert.ok(loaded.value.kind === "matrix");
  return loaded.value;
}
