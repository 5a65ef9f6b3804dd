// What a run's steps are expected to take, written down when they are started. The caller holds the run's lock.
import { estimateCosts } from "../plan/cost_estimate.ts";
import type { Plan } from "../plan/plan.ts";
import {
  knownEstimates,
  type RunEstimates,
  writeEstimates,
} from "../store/estimate_record.ts";

/** Keeps the estimates of the steps to come. What an earlier start of the run said of the same work stands. */
export async function keepEstimates(plan: Plan): Promise<void> {
  const before = await knownEstimates(plan.runsDir, plan.run);
  const now = await estimateCosts(plan);
  const steps: Record<string, RunEstimates[string]> = {};
  for (const { name, key } of plan.steps) {
    const known = before[name]?.key === key ? before[name] : now.get(name);
    if (known !== undefined) steps[name] = known;
  }
  if (Object.keys(steps).length === 0) return;
  await writeEstimates(plan.runsDir, plan.run, steps);
}
