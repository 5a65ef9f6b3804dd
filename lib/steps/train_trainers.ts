// The trainers of a train step, and what the flow is prepared with: encoded pictures, their statistics, caption vectors.
import { StepFailure } from "../error/failure.ts";
import { judgeFault } from "../catalog/picture_size.ts";
import { type Batch, pixelsOrCorrupt } from "../data/batch_stream.ts";
import { CorruptSampleError } from "../data/corrupt_sample.ts";
import { bucketsOf } from "../data/batch_order.ts";
import type { PictureSet } from "../data/picture_set.ts";
import { tf } from "../tensor/tf.ts";
import { latentDim, latentGrid, REPAIRS } from "../blueprint/model_options.ts";
import { type FluxModel, sharpenDiscriminator } from "../models/flux_model.ts";
import { normalTensor } from "../train/random_tensor.ts";
import { discriminatorTrainer } from "../train/discriminator_trainer.ts";
import {
  type FlowText,
  flowTrainer,
  type FlowTrainerOptions,
} from "../train/flow_trainer.ts";
import {
  type DecodedSource,
  encodePictures,
  latentStatistics,
  meanTokens,
  normaliseTokens,
  sampledTokens,
  setLatentStatistics,
} from "../train/latent_source.ts";
import type { GroupName } from "../train/parameter_group.ts";
import { CaptionVectors, type TextOptions } from "../train/text_source.ts";
import type { Trainer } from "../train/trainer.ts";
import { vaeTrainer } from "../train/vae_trainer.ts";
import { spreadIndices } from "./reconstruction_measures.ts";
import type { StepContext } from "./step_context.ts";
import { openPerceptual } from "./open_perceptual.ts";
import { discriminatorLossesOf, vaeLossesOf } from "./train_options.ts";
import type { OpenedTrainStep } from "./train_session.ts";
import { openTrainText } from "./train_start.ts";

/** Encoded pictures are kept where all of them take at most this much memory. */
const STORED_LATENT_BYTES = 256 * 2 ** 20;
/** Distinct captions whose vectors are kept. */
const STORED_CAPTIONS = 20_000;
/** Pictures that the statistics are measured on where not all are encoded. */
const MEASURED_PICTURES = 1024;

/** Power iterations of a fresh discriminator: as many as PyTorch's newer parametrisation makes. */
const FRESH_NORM_ROUNDS = 15;

/** What the loop trains with; the groups in it are the session's. */
export interface StepTrainers {
  readonly trainers: readonly Trainer[];
  /** Present in a step that trains the flow. */
  readonly flow: {
    readonly options: FlowTrainerOptions;
    readonly text: TextOptions;
  } | null;
}

/** What of the data is trained on. */
export interface TrainedPart {
  readonly views: readonly number[];
  readonly captions: readonly string[];
}

/**
 * Builds the trainers of the groups that the step has. Where only a part of the data is trained on, no more than that is encoded.
 *
 * @throws the signal's reason when a stop is asked for before the first batch.
 */
export async function openTrainers(
  context: StepContext,
  opened: OpenedTrainStep,
  part: TrainedPart | null = null,
): Promise<StepTrainers> {
  const { step, session } = opened;
  const shared = {
    model: session.model,
    seed: context.request.seed,
    clippingNorm: step.initial_clipping_norm,
  };
  const groupsOf = (...names: readonly GroupName[]) =>
    session.groups.filter((group) => names.includes(group.name));
  const vaeGroups = groupsOf("vae");
  const flowGroups = groupsOf("flow", "text_encoder");
  const discriminatorGroups = groupsOf("discriminator");
  const trainers: Trainer[] = [];
  if (discriminatorGroups.length > 0) {
    for (const { size } of bucketsOf(opened.dataset.views)) {
      const fault = judgeFault(size, session.model.options.discDepth);
      if (fault === null) continue;
      const { reason, hint } = fault;
      throw new StepFailure(`Cannot judge ${reason}`, { hint });
    }
    if (REPAIRS[session.model.options.variant].steadyNorms) {
      settleFreshNorms(opened);
    }
    const losses = discriminatorLossesOf(step);
    trainers.push(
      discriminatorTrainer({ ...shared, groups: discriminatorGroups, losses }),
    );
  }
  if (vaeGroups.length > 0) {
    const losses = vaeLossesOf(step, await openPerceptual(context, opened));
    trainers.push(vaeTrainer({ ...shared, groups: vaeGroups, losses }));
  }
  if (flowGroups.length === 0) return { trainers, flow: null };
  const text = await openTrainText(context, step, captionsOf(opened.dataset));
  const options: FlowTrainerOptions = {
    ...shared,
    groups: flowGroups,
    cfgDropout: step.cfg_dropout_prob,
    timeSampling: step.timestep_sampling,
    lossType: step.flow_loss_type,
    latents: await openLatents(context, opened, part),
    text: await openText(context.signal, opened, text, part),
  };
  trainers.push(flowTrainer(options));
  return { trainers, flow: { options, text } };
}

/** Random vectors know little of the largest singular values: without these the first verdicts are far too large. */
function settleFreshNorms({ step, session, isResumed }: OpenedTrainStep): void {
  const isFresh = step.init_from.discriminator === undefined &&
    !(step.from_files ?? []).includes("discriminator");
  if (isResumed || !isFresh) return;
  for (let round = 0; round < FRESH_NORM_ROUNDS; round++) {
    sharpenDiscriminator(session.model);
  }
}

function captionsOf(dataset: PictureSet): string[] {
  return Array.from(
    { length: dataset.size },
    (_, index) => dataset.caption(index),
  );
}

/**
 * Latents of a batch. The original samples them anew each time. Else, under a frozen VAE each picture is encoded once, before the first batch, also when the step goes on:
 * the same passes over the same pictures give the same bytes. A flow that goes on from an earlier one keeps its statistics.
 */
async function openLatents(
  context: StepContext,
  opened: OpenedTrainStep,
  part: TrainedPart | null,
): Promise<FlowTrainerOptions["latents"]> {
  const { step, dataset, session } = opened;
  const { model } = session;
  if (!REPAIRS[model.options.variant].steadyLatents) {
    return sampledLatents(model, context.request.seed);
  }
  const isStored = canStoreLatents(opened);
  const isMeasured = !opened.isResumed &&
    step.init_from.flow_processor === undefined &&
    !(step.from_files ?? []).includes("flow_processor");
  if (!isStored && !isMeasured) return encodedLatents(opened);
  const all = part?.views ??
    Array.from({ length: dataset.views.count }, (_, view) => view);
  const indices = isStored ? all : spreadIndices(all, MEASURED_PICTURES);
  const encoded = await encodePictures(model, viewsOf(dataset), indices, {
    signal: context.signal,
    onPass: (done) =>
      context.progress({ phase: "encode", done, total: indices.length }),
  });
  if (isMeasured) setLatentStatistics(model, latentStatistics(encoded));
  if (!isStored) return encodedLatents(opened);
  return (batch) =>
    Promise.resolve(storedLatents(opened, encoded.tokens, batch));
}

function canStoreLatents(opened: OpenedTrainStep): boolean {
  const { step, dataset, session } = opened;
  const { flip, crop } = dataset.augmentation;
  // A picture that is seen in several ways has several latents.
  if (flip || crop === "random") return false;
  if (step.trains.includes("compressor")) return false;
  const { options } = session.model;
  const places = bucketsOf(dataset.views).map(({ size, views }) => {
    const grid = latentGrid(options, size.height, size.width);
    return views.length * grid.height * grid.width;
  }).reduce((sum, count) => sum + count, 0);
  return 4 * places * latentDim(options) <= STORED_LATENT_BYTES;
}

/** Views as pictures of their own. */
function viewsOf(dataset: PictureSet): DecodedSource {
  const { views } = dataset;
  return {
    size: views.count,
    sizeOf: (view) => views.sizeOf(view),
    pixels: async (view) => {
      const pixels = await pixelsOrCorrupt(dataset, view);
      return pixels instanceof CorruptSampleError ? null : pixels;
    },
  };
}

function storedLatents(
  opened: OpenedTrainStep,
  tokens: readonly (Float32Array | undefined)[],
  batch: Batch,
): tf.Tensor3D {
  const { model } = opened.session;
  const rows = batch.views.map((view) => tokens[view]!);
  const width = latentDim(model.options);
  const each = rows[0]!.length;
  const values = new Float32Array(rows.length * each);
  rows.forEach((row, index) => values.set(row, index * each));
  const plain = tf.tensor3d(values, [rows.length, each / width, width]);
  const normalised = normaliseTokens(model, plain);
  plain.dispose();
  return normalised;
}

function encodedLatents(
  opened: OpenedTrainStep,
): FlowTrainerOptions["latents"] {
  const { model } = opened.session;
  return (batch) => {
    const tokens = tf.tidy(() => {
      const shape: [number, number, number, number] = [
        batch.size,
        batch.height,
        batch.width,
        3,
      ];
      return normaliseTokens(
        model,
        meanTokens(model, tf.tensor4d(batch.images, shape)),
      );
    });
    return Promise.resolve(tokens);
  };
}

/** A new sample of the posterior every time, in the scale that the compressor gives. */
function sampledLatents(
  model: FluxModel,
  seed: number,
): FlowTrainerOptions["latents"] {
  return (batch, stream) => {
    const { size, height, width } = batch;
    const grid = latentGrid(model.options, height, width);
    return Promise.resolve(tf.tidy(() =>
      sampledTokens(
        model,
        tf.tensor4d(batch.images, [size, height, width, 3]),
        normalTensor(
          seed,
          stream,
          [size, grid.height, grid.width, latentDim(model.options)],
        ) as tf.Tensor4D,
      )
    ));
  };
}

async function openText(
  signal: AbortSignal,
  opened: OpenedTrainStep,
  text: TextOptions,
  part: TrainedPart | null,
): Promise<FlowText> {
  const { step, dataset, heldOut, session } = opened;
  const captions = [
    ...captionsOf(dataset),
    ...(heldOut === null ? [] : captionsOf(heldOut)),
  ];
  const isStored = !step.trains.includes("text_encoder") &&
    new Set(captions).size <= STORED_CAPTIONS;
  if (!isStored) return { kind: "encoded", options: text };
  const encoded = part?.captions ?? captions;
  const vectors = await CaptionVectors.encode(session.model, encoded, {
    ...text,
    signal,
  });
  return { kind: "stored", vectors };
}
