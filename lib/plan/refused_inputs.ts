// What is wrong with the inputs of the steps behind a refused one: told beside it, so that all is mended at once.
import type { Pipeline, Step } from "../catalog/pipeline.ts";
import type { GatheredFailures } from "../error/several_failures.ts";
import type { FingerprintCache } from "../store/fingerprint_cache.ts";
import type { PlanDatasets } from "./plan_datasets.ts";
import { planLpips, planText, planWeights } from "./plan_weights.ts";
import { datasetRoles } from "./step_inputs.ts";

/** Looks at everything that the steps read and no step makes; what is told already is not told twice. */
export async function gatherRefusedInputs(
  steps: readonly Step[],
  { pipeline, datasets, cache, readModule }: {
    readonly pipeline: Pipeline;
    readonly datasets: PlanDatasets;
    readonly cache: FingerprintCache;
    /** Reads the code of a script step. */
    readonly readModule: (path: string) => Promise<unknown>;
  },
  gathered: GatheredFailures,
): Promise<void> {
  for (const step of steps) {
    for (const role of datasetRoles(step)) {
      await gathered.of(() => datasets.ofStep(new Map([role]), () => ""));
    }
    if (step.task === "train") {
      await gathered.of(() => datasets.batchesPerEpoch(step, () => null));
    }
    if (step.task === "script") {
      await gathered.of(() => readModule(step.uses_path));
    }
    await gathered.of(() => planWeights(step, pipeline, cache));
    await gathered.of(() => planText(step, pipeline, cache));
    await gathered.of(() => planLpips(step, cache));
  }
}
