// How steps are called and how far they are, in words: shared by plain lines and bars.
import type { Plan } from "../plan/plan.ts";
import type { RunNotice } from "../runner/run_notice.ts";
import type { ProgressUpdate } from "../worker/step_message.ts";
import { metricsText } from "./summary_table.ts";

/** Learns from a run's plan that `flow` is `[6/7] flow`; before it, a step has its bare name. */
export class StepLabels {
  readonly #labels = new Map<string, string>();

  hear(notice: RunNotice): void {
    if (notice.kind === "planned") this.#learn(notice.plan);
  }

  of(step: { readonly name: string }): string {
    return this.#labels.get(step.name) ?? step.name;
  }

  #learn({ steps }: Plan): void {
    for (const [index, { name }] of steps.entries()) {
      this.#labels.set(name, `[${index + 1}/${steps.length}] ${name}`);
    }
  }
}

/** `train epoch 3/10, batch 12/45, loss 0.1234`, with at most `mostMetrics`; steps without epochs show `render 12/45`. */
export function progressText(
  update: ProgressUpdate,
  mostMetrics = Infinity,
): string {
  const { phase, done, total, epoch, metrics } = update;
  const parts = epoch === undefined
    ? [`${phase} ${done}/${total}`]
    : [`${phase} epoch ${epoch.current}/${epoch.total}`, batchText(update)];
  if (metrics !== undefined && Object.keys(metrics).length > 0) {
    parts.push(metricsText(metrics, mostMetrics));
  }
  return parts.join(", ");
}

function batchText({ done, total, epoch }: ProgressUpdate): string {
  const epochs = epoch?.total ?? 1;
  const perEpoch = total / epochs;
  if (epoch === undefined || !Number.isInteger(perEpoch)) {
    return `batch ${done}/${total}`;
  }
  return `batch ${done - (epoch.current - 1) * perEpoch}/${perEpoch}`;
}
