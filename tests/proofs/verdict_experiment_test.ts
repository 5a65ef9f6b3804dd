// A bounded sample of `deno task prove:verdict`.
import assert from "node:assert/strict";
import { TinyProject } from "../train/tiny_step.ts";
import { runRepeat } from "./verdict_experiment.ts";

Deno.test("the verdict over seeds claims no difference of equal arms, and finds a training cut to a tenth", async () => {
  using project = new TinyProject(16, 8);
  const { equal, cut } = await runRepeat(project, 1, 4);
  assert.equal(equal.outcome, "no_difference_shown");
  assert.ok(equal.half > 0 && equal.mean !== 0, "the arms are not the same");
  assert.equal(cut.outcome, "worse");
});
