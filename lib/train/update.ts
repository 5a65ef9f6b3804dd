// What one batch does to a trainer's groups: gradients, finite check, and, where one is due, the update with clipping.
import { clipByGlobalNorm, clipToNorm } from "../optim/clipping.ts";
import { globalNorm } from "../optim/numbers.ts";
import { bringNumbers } from "../tensor/far_numbers.ts";
import { type NamedResults, runPure } from "../tensor/pure_work.ts";
import { tf } from "../tensor/tf.ts";
import { firstNonFinite } from "./finite_guard.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import type { PreparedBatch, Trainer } from "./trainer.ts";

/** What an update needs of a trainer. */
export type UpdatedParts = Pick<
  Trainer,
  "groups" | "lossMetric" | "clippingNorm"
>;

/** What one batch did; numbers only. */
export interface UpdateReport {
  /** Terms, settings, and gradient norms: of the mean that an update took, else of the batch alone. By metric name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Rates that are in force, by group. */
  readonly learningRates: Readonly<Record<string, number>>;
  /** Name of the first value that is not finite: the batch was left out. Null for a good batch. */
  readonly nonFinite: string | null;
  /** Whether weights were updated. */
  readonly isUpdated: boolean;
}

/** What a batch without a row does: nothing, but the update that is due, of batches before it, or the step of its rate. */
export async function passOver(
  trainer: UpdatedParts,
  isDue: boolean,
): Promise<UpdateReport> {
  const learningRates = ratesOf(trainer);
  const norms = isDue ? await updateGroups(trainer, null) : {};
  const nonFinite = firstNonFinite(norms);
  const metrics = nonFinite === null ? {} : norms;
  return { metrics, learningRates, nonFinite, isUpdated: isAny(norms) };
}

/** Trains on one prepared batch; `isDue` where an update ends with it. What it makes is gone when it returns, but for sums of gradients. */
export async function updateOnce(
  trainer: UpdatedParts,
  prepared: PreparedBatch,
  isDue: boolean,
): Promise<UpdateReport> {
  const learningRates = ratesOf(trainer);
  const { terms, norms, gradients } = await gradientsOf(trainer, prepared);
  const nonFinite = firstNonFinite({ ...terms, ...norms });
  for (const group of trainer.groups) {
    const own = gradients.get(group)!;
    if (nonFinite === null) {
      group.gathered.add(own, terms[trainer.lossMetric]!);
    } else tf.dispose([...own.values()]);
  }
  const updated = isDue
    ? await updateGroups(trainer, nonFinite === null ? norms : null)
    : {};
  return {
    metrics: { ...terms, ...prepared.settings, ...norms, ...updated },
    learningRates,
    nonFinite: nonFinite ?? firstNonFinite(updated),
    isUpdated: isAny(updated),
  };
}

/** Whether one of the groups that had gradients was updated with them. */
function isAny(norms: Readonly<Record<string, number>>): boolean {
  return Object.values(norms).some(Number.isFinite);
}

/** Updates what has gathered gradients; answers the norms of their means. `last`: norms of the last batch, null where it was left out. */
async function updateGroups(
  trainer: UpdatedParts,
  last: Readonly<Record<string, number>> | null,
): Promise<Record<string, number>> {
  const norms: Record<string, number> = {};
  for (const group of trainer.groups) {
    const name = `grad_norm_${group.name}`;
    const norm = await updateGroup(trainer, group, last?.[name] ?? null);
    if (norm !== null) norms[name] = norm;
  }
  return norms;
}

function ratesOf(trainer: UpdatedParts): Record<string, number> {
  return Object.fromEntries(
    trainer.groups.map((group) => [group.name, group.rate]),
  );
}

/**
 * Updates a group with the mean of what it gathered; answers the mean's norm before clipping, or null where every batch was left
 * out. A mean that is not finite, which sums of finite gradients may be, is left out too. `lastNorm`: that of the last batch's gradient, null where that one was left out.
 */
async function updateGroup(
  { clippingNorm: maxNorm }: UpdatedParts,
  group: ParameterGroup,
  lastNorm: number | null,
): Promise<number | null> {
  const mean = group.gathered.takeMean();
  if (mean === null) {
    group.skip();
    return null;
  }
  // One batch alone is its own mean.
  const { grads, norm } = mean.batches === 1 && lastNorm !== null
    ? clipToNorm(mean.gradients, { norm: lastNorm, maxNorm })
    : await clipByGlobalNorm(mean.gradients, maxNorm);
  if (Number.isFinite(norm)) await group.update(grads, mean.loss);
  else group.skip();
  tf.dispose([...grads.values()]);
  return norm;
}

interface Gradients {
  readonly terms: Readonly<Record<string, number>>;
  /** By metric name. */
  readonly norms: Readonly<Record<string, number>>;
  /** The caller owns the tensors. A weight that the loss does not touch has none. */
  readonly gradients: ReadonlyMap<ParameterGroup, Map<string, tf.Tensor>>;
}

async function gradientsOf(
  trainer: UpdatedParts,
  prepared: PreparedBatch,
): Promise<Gradients> {
  const { pure } = prepared;
  const results = pure === undefined
    ? differentiated(trainer, prepared)
    : runPure(
      { owner: trainer, ...pure },
      () => differentiated(trainer, prepared),
    );
  const value = results.get(TOTAL)!;
  const terms = under(TERM, results);
  const gradients = new Map<ParameterGroup, Map<string, tf.Tensor>>();
  for (const group of trainer.groups) {
    gradients.set(group, under(`${group.name}/`, results));
  }
  // A term may be the total itself, so each tensor is read and freed once, whatever its names.
  const read = [...new Set<tf.Tensor>([value, ...terms.values()])];
  // All that JavaScript has to know comes in one wait: on a GPU behind a queue each wait costs as much as many kernels.
  const [norms] = await Promise.all([
    normsOf(gradients),
    bringNumbers(read),
  ]);
  const numbers: Record<string, number> = {};
  for (const [name, term] of terms) {
    numbers[name] = term.dataSync()[0]!;
  }
  // The total is a sum of the terms: naming a term tells more, so it comes last.
  const loss = value.dataSync()[0]!;
  tf.dispose(read);
  return { terms: { ...numbers, loss }, norms, gradients };
}

const TOTAL = "total";
const TERM = "term/";

/** The loss, its terms, and the gradients of each group by the names of its weights. The tape frees what else it made. */
function differentiated(
  { groups }: UpdatedParts,
  prepared: PreparedBatch,
): NamedResults {
  const results = new Map<string, tf.Tensor>();
  const variables = groups.flatMap((group) => [...group.variables.values()]);
  const { value, grads } = tf.variableGrads(() => {
    const { total, terms } = prepared.loss();
    for (const [name, term] of Object.entries(terms)) {
      // Terms are read after the tape has ended.
      results.set(`${TERM}${name}`, tf.keep(term));
    }
    return total;
  }, variables);
  results.set(TOTAL, value);
  for (const group of groups) {
    for (const [name, variable] of group.variables) {
      const gradient = grads[variable.name];
      if (gradient !== undefined && gradient !== null) {
        results.set(`${group.name}/${name}`, gradient);
      }
    }
  }
  return results;
}

/** What is named with the prefix, by the rest of its name. */
function under(prefix: string, results: NamedResults): Map<string, tf.Tensor> {
  const found = new Map<string, tf.Tensor>();
  for (const [name, tensor] of results) {
    if (name.startsWith(prefix)) found.set(name.slice(prefix.length), tensor);
  }
  return found;
}

async function normsOf(
  gradients: Gradients["gradients"],
): Promise<Record<string, number>> {
  const norms = [...gradients].map(async ([group, own]) =>
    [`grad_norm_${group.name}`, await globalNorm(own)] as const
  );
  return Object.fromEntries(await Promise.all(norms));
}
