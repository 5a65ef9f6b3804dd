// A run of many steps with long curves, as facts: the size that a page has to hold.
import type { MetricRow } from "../../lib/metrics/metric_log.ts";
import { curvesOf } from "../../lib/report/curves.ts";
import { readRunFacts, type RunFacts } from "../../lib/report/run_facts.ts";
import { recordRun } from "./recorded_run.ts";

/** The facts of a run of `cells` steps like the first, each with 10,000 rows behind its curves. */
export async function manyCells(
  runs: string,
  cells: number,
): Promise<RunFacts> {
  const facts = (await readRunFacts(runs, await recordRun(runs)))!;
  const rows = Array.from({ length: 10_000 }, (_, at): MetricRow => {
    const loss = Math.exp(-at / 2500) * (1 + 0.2 * Math.sin(at * at));
    return {
      kind: "train",
      epoch: Math.floor(at / 500),
      batch: at % 500,
      global_step: at + 1,
      metrics: {
        loss,
        recon_loss: loss * 0.9,
        kl_loss: 3 + loss,
        kl_beta: at / 1e8,
        grad_norm_vae: loss * 2,
      },
      learning_rates: { vae: 1e-3 * (1 - at / 10_000) },
    };
  });
  const curves = curvesOf(rows, []);
  const step = facts.steps[0]!;
  const steps = Array.from({ length: cells }, (_, at) => ({
    ...step,
    name: `cell_${at}`,
    needs: at === 0 ? [] : ["cell_0"],
    curves,
  }));
  return { ...facts, steps };
}
