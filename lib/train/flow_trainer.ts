// Trains the flow processor, and the text encoder on request, to predict the velocity of noised latents of a frozen VAE.
import type { Batch } from "../data/batch_stream.ts";
import { meanSquaredError } from "../losses/reconstruction.ts";
import { smoothL1 } from "../losses/smooth_l1.ts";
import { timeSampler, type TimeSampling } from "../losses/time_weights.ts";
import { velocityBatch } from "../losses/velocity.ts";
import {
  encodeText,
  type FluxModel,
  type Grid,
  predictVelocity,
} from "../models/flux_model.ts";
import { latentGrid, REPAIRS } from "../blueprint/model_options.ts";
import { RandomStream } from "../random/random_stream.ts";
import { tf } from "../tensor/tf.ts";
import { flowSchedule } from "./flow_schedule.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import { normalTensor } from "./random_tensor.ts";
import {
  type CaptionVectors,
  type TextOptions,
  textTokens,
} from "./text_source.ts";
import type { LossTerms, PreparedBatch, Trainer } from "./trainer.ts";

/** How far a predicted velocity is from its target. */
export type FlowLossType = "mse" | "smooth_l1";

/** Where the text of a batch comes from: computed once, or with every batch, as a text encoder that trains needs it. */
export type FlowText =
  | { readonly kind: "stored"; readonly vectors: CaptionVectors }
  | { readonly kind: "encoded"; readonly options: TextOptions };

/** What a flow trainer is made of; it owns none of it. */
export interface FlowTrainerOptions {
  readonly model: FluxModel;
  readonly groups: readonly ParameterGroup[];
  readonly seed: number;
  readonly clippingNorm: number;
  /** Chance that an example is trained without its caption, for guidance later. */
  readonly cfgDropout: number;
  /** How often each time is trained; null for the variant's own way. */
  readonly timeSampling: TimeSampling | null;
  readonly lossType: FlowLossType;
  /**
   * Normalised latent tokens [N, h * w, L] of a batch; the trainer owns them then. `stream` names the random stream of latents that
   * are sampled.
   */
  readonly latents: (batch: Batch, stream: string) => Promise<tf.Tensor3D>;
  readonly text: FlowText;
}

/** Makes the trainer. */
export function flowTrainer(options: FlowTrainerOptions): Trainer {
  return {
    groups: options.groups,
    lossMetric: "flow_loss",
    clippingNorm: options.clippingNorm,
    prepare: (batch, { trainStep }) =>
      prepare(options, batch, streamsOf(trainStep)),
  };
}

/** Loss of a batch without an update and without dropout, with noise of its own: the held-out figure. */
export async function flowValidationLoss(
  options: FlowTrainerOptions,
  batch: Batch,
  index: number,
): Promise<number> {
  const streams = {
    latent: `flow_validation_latent/${index}`,
    noise: `flow_validation_noise/${index}`,
    time: `flow_validation_time/${index}`,
    dropout: null,
  };
  using prepared = await prepare(options, batch, streams);
  const loss = tf.tidy(() => prepared.loss().total);
  const [value] = await loss.data();
  loss.dispose();
  return value!;
}

interface StreamNames {
  readonly latent: string;
  readonly noise: string;
  readonly time: string;
  readonly dropout: string | null;
}

function streamsOf(trainStep: number): StreamNames {
  return {
    latent: `flow_latent/${trainStep}`,
    noise: `flow_noise/${trainStep}`,
    time: `flow_time/${trainStep}`,
    dropout: `flow_dropout/${trainStep}`,
  };
}

async function prepare(
  options: FlowTrainerOptions,
  batch: Batch,
  streams: StreamNames,
): Promise<PreparedBatch> {
  const { model, seed } = options;
  const clean = await options.latents(batch, streams.latent);
  const noise = normalTensor(seed, streams.noise, clean.shape) as tf.Tensor3D;
  const times = drawTimes(options, streams.time, batch.size);
  const schedule = flowSchedule(model.options);
  const { noisy, target } = velocityBatch(clean, noise, times, schedule);
  tf.dispose([clean, noise]);
  const text = textInputs(
    options,
    batch.captions,
    drawDropped(options, streams.dropout, batch.size),
  );
  const time = tf.tensor1d(times, "float32");
  const grid = latentGrid(model.options, batch.height, batch.width);
  const { lossType } = options;
  return {
    settings: {},
    pure: pureFlowLoss(model, lossType, grid, [
      ...[noisy, target, time],
      ...text.tensors,
    ]),
    loss: () =>
      flowLoss(
        model,
        { noisy, target, time, grid, text: text.vectors(model) },
        lossType,
      ),
    [Symbol.dispose]() {
      tf.dispose([noisy, target, time]);
      text[Symbol.dispose]();
    },
  };
}

/** What the loss of one batch is computed from. */
export interface FlowInputs {
  readonly noisy: tf.Tensor3D;
  readonly target: tf.Tensor3D;
  readonly time: tf.Tensor1D;
  readonly grid: Grid;
  /** [N, E] */
  readonly text: tf.Tensor2D;
}

/** The loss of one batch. */
export function flowLoss(
  model: FluxModel,
  inputs: FlowInputs,
  type: FlowLossType,
): LossTerms {
  const { noisy, target, time, grid, text } = inputs;
  const predicted = predictVelocity(model, noisy, { ...grid, text, time });
  const loss = type === "mse"
    ? meanSquaredError(predicted, target)
    : smoothL1(predicted, target);
  return { total: loss, terms: { flow_loss: loss } };
}

/** What {@linkcode flowLoss} follows from; `batch`: all tensors that are not the model's. */
export function pureFlowLoss(
  model: FluxModel,
  type: FlowLossType,
  grid: Grid,
  batch: readonly tf.Tensor[],
): Required<PreparedBatch>["pure"] {
  return {
    name: `${type} ${grid.height} ${grid.width}`,
    inputs: [...model.parameters.variables.values(), ...batch],
  };
}

/** Times as the step says, else by the variant's way: all equally likely, or the original's cos²-weighted draws. */
function drawTimes(
  { model, seed, timeSampling }: FlowTrainerOptions,
  name: string,
  count: number,
): number[] {
  const { variant, trainTimesteps } = model.options;
  const sampling = timeSampling ??
    (REPAIRS[variant].evenTimes ? "uniform" : "cosine");
  const draw = timeSampler(sampling, trainTimesteps);
  const stream = RandomStream.of(seed, name);
  return Array.from({ length: count }, () => draw(stream));
}

/** Which examples of a batch are trained without their captions; none where the batch has no `name`. */
export function drawDropped(
  { seed, cfgDropout }: Pick<FlowTrainerOptions, "seed" | "cfgDropout">,
  name: string | null,
  count: number,
): boolean[] {
  if (name === null || cfgDropout === 0) {
    return new Array<boolean>(count).fill(false);
  }
  const stream = RandomStream.of(seed, name);
  return Array.from({ length: count }, () => stream.uniform() < cfgDropout);
}

interface TextInputs extends Disposable {
  /** All that `vectors` reads beside the model's weights. */
  readonly tensors: readonly tf.Tensor[];
  vectors(model: FluxModel): tf.Tensor2D;
}

/** Text of a batch. "No caption" is the empty one, here and when sampling; in the original a vector of zeros, here alone. */
function textInputs(
  { model, text }: FlowTrainerOptions,
  captions: readonly string[],
  dropped: readonly boolean[],
): TextInputs {
  if (REPAIRS[model.options.variant].emptyCaption) {
    return spokenText(
      text,
      captions.map((caption, row) => dropped[row]! ? "" : caption),
    );
  }
  const spoken = spokenText(text, captions);
  const kept = tf.tensor2d(
    dropped.map((isDropped) => isDropped ? 0 : 1),
    [captions.length, 1],
  );
  return {
    tensors: [...spoken.tensors, kept],
    vectors: (of) => tf.mul(spoken.vectors(of), kept),
    [Symbol.dispose]() {
      spoken[Symbol.dispose]();
      kept.dispose();
    },
  };
}

function spokenText(text: FlowText, captions: readonly string[]): TextInputs {
  if (text.kind === "stored") {
    const vectors = text.vectors.of(captions);
    return {
      tensors: [vectors],
      vectors: () => vectors,
      [Symbol.dispose]: () => vectors.dispose(),
    };
  }
  const { ids, mask } = textTokens(captions, text.options);
  return {
    tensors: [ids, mask],
    vectors: (model) => encodeText(model, ids, mask),
    [Symbol.dispose]: () => tf.dispose([ids, mask]),
  };
}
