// Builds the parts of a train step from its request: model, groups, average, trainers. It starts anew or goes on.
import { join } from "node:path";
import type { ModelSection, TrainStep } from "../catalog/pipeline.ts";
import { isSpadeStep, isSpadeWeight } from "../catalog/training_mode.ts";
import {
  findCheckpoint,
  setDamagedAside,
} from "../checkpoint/load_checkpoint.ts";
import {
  type CheckpointHistory,
  removeUnreferenced,
} from "../checkpoint/save_checkpoint.ts";
import type { TrainState } from "../checkpoint/train_state.ts";
import { GENERATIONS_FOLDER, METRICS_FILE } from "../checkpoint/generation.ts";
import { BatchStream } from "../data/batch_stream.ts";
import { DecodingThreads } from "../data/decoding_threads.ts";
import { decodeHere } from "../data/picture_decoding.ts";
import type { PictureSet } from "../data/picture_set.ts";
import { commonSize } from "../data/selected_samples.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import { sha256Hex } from "../disk/digest.ts";
import { removeLeftovers } from "../disk/tree.ts";
import { LANGUAGE_MODEL } from "../exchange/pretrained_text.ts";
import { updatesPerEpoch } from "../lr_schedulers/step_length.ts";
import { openMetricLog } from "../metrics/metric_log.ts";
import { buildModel } from "../models/flux_model.ts";
import type { Parameters } from "../nn/parameters.ts";
import { type GroupName, ParameterGroup } from "../train/parameter_group.ts";
import {
  nextPlace,
  startProgress,
  type TrainProgress,
} from "../train/train_progress.ts";
import {
  restoreSnapshot,
  type TrainIdentity,
  type TrainSession,
} from "../train/train_snapshot.ts";
import { mostEpochs, type Transition } from "../train/transition.ts";
import { WeightAverage } from "../train/weight_average.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";
import { openStepDataset } from "./open_data.ts";
import type { StepContext } from "./step_context.ts";
import { GROUP_COMPONENTS, groupNames, transitionOf } from "./train_options.ts";
import { carryOver, loadInitialWeights } from "./train_start.ts";

/** Folder of the sample pictures inside a step folder. */
export const SAMPLES_FOLDER = "samples";

/** A train step, ready to go. Dispose it to free its tensors and close its log. */
export interface OpenedTrainStep extends Disposable {
  readonly step: TrainStep;
  readonly session: TrainSession;
  readonly dataset: PictureSet;
  readonly heldOut: PictureSet | null;
  readonly batches: BatchStream;
  readonly transition: Transition;
  readonly progress: TrainProgress;
  readonly history: CheckpointHistory;
  /** Whether a checkpoint holds `progress`. */
  readonly isResumed: boolean;
  /** Frees with the step what is opened for it later. */
  readonly owned: DisposableStack;
}

/** Opens data and model and restores the newest generation that verifies, telling the user what it found. */
export async function openTrainStep(
  context: StepContext,
  step: TrainStep,
): Promise<OpenedTrainStep> {
  using threads = new DisposableStack();
  const data = await openTrainData(context, step, threads);
  await removeOwnLeftovers(context.folder);
  const lookup = await lookForCheckpoint(context);
  using owned = threads.move();
  const at = lookup.found?.state;
  // Decoding starts while the model is built.
  if (at?.finished !== true) {
    data.batches.begin(at?.step_epoch ?? 0, at?.batch ?? 0);
  }
  const session = await openSession(context, {
    step,
    data,
    owned,
    before: lookup.found?.state ?? null,
  });
  let progress = startProgress(
    watchedWindow(data.transition),
    data.dataset.corrupt,
  );
  if (lookup.found === null) {
    await session.log.truncate(0);
    await carryOver(context, step, session);
  } else {
    progress = await restoreSnapshot(session, lookup.found);
    const { batchesPerEpoch } = data.batches;
    const epochs = mostEpochs(data.transition);
    context.log(
      `continues ${nextPlace(progress.cursor, batchesPerEpoch, epochs)}`,
    );
    tellOfOtherEngine(context, session.identity.engines);
  }
  const kept = owned.move();
  return {
    ...data,
    step,
    session,
    progress,
    history: lookup.history,
    isResumed: lookup.found !== null,
    owned: kept,
    [Symbol.dispose]: () => kept.dispose(),
  };
}

type TrainData = Pick<
  OpenedTrainStep,
  "dataset" | "heldOut" | "batches" | "transition"
>;

async function openTrainData(
  context: StepContext,
  step: TrainStep,
  owned: DisposableStack,
): Promise<TrainData> {
  const { workers } = step;
  const { decode } = workers === 0
    ? { decode: decodeHere }
    : owned.use(new DecodingThreads(workers));
  const opening = { decode, sources: new Map() };
  const dataset = await openStepDataset(context, step.dataset, opening);
  const heldOut = step.eval_dataset === null
    ? null
    : await openStepDataset(context, step.eval_dataset, opening);
  const batches = new BatchStream(dataset, {
    batchSize: step.batch_size,
    seed: context.request.seed,
    maxBatches: step.max_steps,
    // One more than is decoded at a time: the trainer takes that one while the others are made.
    ahead: workers === 0 ? 0 : workers + 1,
  });
  return { dataset, heldOut, batches, transition: transitionOf(step) };
}

interface SessionParts {
  readonly step: TrainStep;
  readonly data: TrainData;
  /** Takes what is opened, so that a failure half-way frees it. */
  readonly owned: DisposableStack;
  /** The state that the step goes on from; without one, weights come from earlier steps. */
  readonly before: TrainState | null;
}

async function openSession(
  context: StepContext,
  { step, data, owned, before }: SessionParts,
): Promise<TrainSession> {
  const { request } = context;
  const metricsPath = join(context.folder, METRICS_FILE);
  const log = owned.use(await openMetricLog(metricsPath));
  const model = owned.use(buildModel(modelOptionsFrom(request.model), {
    components: step.components,
    seed: request.seed,
  }));
  if (before === null) await loadInitialWeights(context, step, model);
  const { batchesPerEpoch } = data.batches;
  const epochs = mostEpochs(data.transition);
  const totalUpdates = epochs *
    updatesPerEpoch(batchesPerEpoch, step.gradient_accumulation_steps);
  const groups = groupNames(step).map((name) =>
    owned.use(
      new ParameterGroup(model.parameters, {
        name,
        parameterNames: trainedNames(step, name, model.parameters)
          .filter((parameter) => !staysFixed(request.model, parameter)),
        optimizer: step.optimization.optimizers[name]!,
        scheduler: step.optimization.schedulers[name] ?? null,
        totalUpdates,
      }),
    )
  );
  // Pictures never come from the discriminator, so nobody would use its average.
  const trained = groups.filter((group) => group.name !== "discriminator")
    .flatMap((group) => [...group.variables.keys()]);
  const average = step.use_ema && trained.length > 0
    ? owned.use(new WeightAverage(model.parameters, trained, step.ema_decay))
    : null;
  const totalBatches = epochs * batchesPerEpoch;
  const identity = identityOf(context, { ...data, totalBatches, step, before });
  return { identity, model, groups, average, log, metricsPath };
}

function watchedWindow(
  transition: Transition,
): { readonly metric: string; readonly size: number } | null {
  if (transition.kind === "after_epochs") return null;
  return { metric: transition.metric, size: transition.window };
}

/** Names of the weights of one group: its components that this step trains, whatever an earlier step left behind. */
function trainedNames(
  step: TrainStep,
  group: GroupName,
  parameters: Parameters,
): string[] {
  return GROUP_COMPONENTS[group]
    .filter((component) => step.trains.includes(component))
    .flatMap((component) => parameters.trainableNames(component))
    .filter((name) => !isSpadeStep(step) || isSpadeWeight(name));
}

/** As in the original, a pretrained language model keeps its weights and only the head on it trains. */
function staysFixed(model: ModelSection, parameter: string): boolean {
  return model.pretrained_bert_model !== null &&
    parameter.startsWith(LANGUAGE_MODEL);
}

/** Only where this process writes: the runner's own files lie in the same folder. */
async function removeOwnLeftovers(stepFolder: string): Promise<void> {
  for (const name of [GENERATIONS_FOLDER, SAMPLES_FOLDER]) {
    try {
      await removeLeftovers(join(stepFolder, name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function lookForCheckpoint(context: StepContext) {
  const { folder } = context;
  const lookup = await findCheckpoint(folder);
  for (const problem of lookup.problems) context.log(problem, "warning");
  for (const moved of await setDamagedAside(folder, lookup.damaged)) {
    context.log(`damaged checkpoint kept aside as "${moved}"`, "warning");
  }
  const { found } = lookup;
  if (found === null) {
    if (lookup.problems.length > 0) {
      context.log("no checkpoint verifies: the step starts over", "warning");
    }
    await removeUnreferenced(folder, []);
    return { found, history: { usable: [] } };
  }
  if (lookup.problems.length > 0) {
    context.log(
      `falls back to checkpoint "${found.generation.folder}"`,
      "warning",
    );
  }
  const usable = [found.generation, ...lookup.behind];
  await removeUnreferenced(folder, usable);
  return { found, history: { usable } };
}

interface Counts {
  readonly dataset: PictureSet;
  readonly batches: BatchStream;
  readonly totalBatches: number;
  readonly step: TrainStep;
  readonly before: TrainState | null;
}

function identityOf(context: StepContext, counts: Counts): TrainIdentity {
  const { request } = context;
  const { dataset, batches, totalBatches, step, before } = counts;
  const image = commonSize(dataset);
  return {
    stepIndex: request.step.index,
    stepName: request.step.name,
    stepCount: request.step.count,
    key: request.key,
    configDigest: sha256Hex(canonicalJson(request.work)),
    engines: workedOn(before, request.engine.numericClass),
    seed: request.seed,
    datasetSize: dataset.size,
    batchSize: step.batch_size,
    batchesPerEpoch: batches.batchesPerEpoch,
    totalBatches,
    image: { height: image.height, width: image.width },
  };
}

function workedOn(before: TrainState | null, engine: string): string[] {
  const earlier = before === null ? [] : before.engines ?? [before.engine];
  return [...earlier.filter((one) => one !== engine), engine];
}

function tellOfOtherEngine(
  context: StepContext,
  engines: readonly string[],
): void {
  const [present, ...earlier] = [...engines].reverse();
  if (earlier.length === 0) return;
  context.log(
    `engine ${present} goes on with what ${
      earlier.reverse().join(", ")
    } began: the result is close to that of one engine, not equal`,
    "warning",
  );
}
