// One optimizer update: gradients, finite check, clipping, optimizer, learning rate.
import type { Batch } from "../data/batch_stream.ts";
import { clipByGlobalNorm } from "../optim/clipping.ts";
import { tf } from "../tensor/tf.ts";
import { firstNonFinite } from "./finite_guard.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import type {
  LossTerms,
  PreparedBatch,
  Trainer,
  TrainWindows,
} from "./trainer.ts";

/** What one update did; numbers only. */
export interface UpdateReport {
  /** Terms, settings and gradient norms by metric name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Rates that were in force, by group. */
  readonly learningRates: Readonly<Record<string, number>>;
  /** Name of the first value that is not finite: the weights were left alone. Null for a good update. */
  readonly nonFinite: string | null;
}

/** One update per trainer; a batch without a row changes no weight. */
export async function updateAll(
  trainers: readonly Trainer[],
  batch: Batch,
  at: { readonly trainStep: number; readonly windows: TrainWindows },
): Promise<UpdateReport[]> {
  if (batch.size === 0) return trainers.map(passOver);
  const reports: UpdateReport[] = [];
  for (const trainer of trainers) {
    using prepared = await trainer.prepare(batch, at.trainStep, at.windows);
    reports.push(await updateOnce(trainer, prepared));
  }
  return reports;
}

/** One report for all trainers of a batch: their losses add up, the rest is told apart by name. */
export function combineReports(reports: readonly UpdateReport[]): UpdateReport {
  const metrics: Record<string, number> = {};
  const learningRates: Record<string, number> = {};
  for (const report of reports) {
    Object.assign(learningRates, report.learningRates);
    if (report.metrics.loss === undefined) continue;
    const loss = (metrics.loss ?? 0) + report.metrics.loss;
    Object.assign(metrics, report.metrics, { loss });
  }
  const nonFinite =
    reports.find((report) => report.nonFinite !== null)?.nonFinite ?? null;
  return { metrics, learningRates, nonFinite };
}

/** Trains on one prepared batch. Every tensor that it makes is gone when it returns. */
export async function updateOnce(
  trainer: Trainer,
  prepared: PreparedBatch,
): Promise<UpdateReport> {
  const learningRates = ratesOf(trainer);
  const { terms, gradients } = await gradientsOf(trainer, prepared);
  const clipped = new Map<ParameterGroup, ReadonlyMap<string, tf.Tensor>>();
  const norms: Record<string, number> = {};
  for (const group of trainer.groups) {
    const { grads, norm } = clipByGlobalNorm(
      gradients.get(group)!,
      trainer.clippingNorm,
    );
    clipped.set(group, grads);
    norms[`grad_norm_${group.name}`] = norm;
  }
  const nonFinite = firstNonFinite({ ...terms, ...norms });
  for (const group of trainer.groups) {
    const own = clipped.get(group)!;
    if (nonFinite === null) group.update(own, terms[trainer.lossMetric]!);
    else group.skip();
    for (const gradient of own.values()) gradient.dispose();
  }
  return {
    metrics: { ...terms, ...prepared.settings, ...norms },
    learningRates,
    nonFinite,
  };
}

/** What is left of an update where a batch has no row: the schedule goes on, the weights stay. */
function passOver(trainer: Trainer): UpdateReport {
  const learningRates = ratesOf(trainer);
  for (const group of trainer.groups) group.skip();
  return { metrics: {}, learningRates, nonFinite: null };
}

function ratesOf(trainer: Trainer): Record<string, number> {
  return Object.fromEntries(
    trainer.groups.map((group) => [group.name, group.rate]),
  );
}

interface Gradients {
  readonly terms: Readonly<Record<string, number>>;
  /** The caller owns the tensors. A weight that the loss does not touch has none. */
  readonly gradients: ReadonlyMap<ParameterGroup, Map<string, tf.Tensor>>;
}

async function gradientsOf(
  trainer: Trainer,
  prepared: PreparedBatch,
): Promise<Gradients> {
  const variables = trainer.groups.flatMap((
    group,
  ) => [...group.variables.values()]);
  let kept: LossTerms | null = null;
  const { value, grads } = tf.variableGrads(() => {
    const made = prepared.loss();
    // The tape frees what is not kept; the terms are read after it has ended.
    for (const term of Object.values(made.terms)) tf.keep(term);
    kept = made;
    return made.total;
  }, variables);
  const { terms } = kept as unknown as LossTerms;
  const numbers: Record<string, number> = { loss: (await value.data())[0]! };
  for (const [name, term] of Object.entries(terms)) {
    numbers[name] = (await term.data())[0]!;
  }
  // A term may be the total itself, so each tensor is freed once, whatever its names.
  tf.dispose([...new Set<tf.Tensor>([value, ...Object.values(terms)])]);
  const gradients = new Map<ParameterGroup, Map<string, tf.Tensor>>();
  for (const group of trainer.groups) {
    const own = new Map<string, tf.Tensor>();
    for (const [name, variable] of group.variables) {
      const gradient = grads[variable.name];
      if (gradient !== undefined && gradient !== null) own.set(name, gradient);
    }
    gradients.set(group, own);
  }
  // The total is a sum of the terms: naming a term tells more, so it comes last.
  const { loss, ...others } = numbers;
  return { terms: { ...others, loss: loss! }, gradients };
}
