// Held-out figures of a VAE: pictures decoded from the latent mean against their originals.
import { meanAbsoluteError } from "../evaluation/image_metrics.ts";
import {
  passesOf,
  type PictureSource,
  unitValues,
} from "../evaluation/picture.ts";
import {
  decode,
  encode,
  type FluxModel,
  latentTokens,
} from "../models/flux_model.ts";
import { latentGrid } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import { nextTurn } from "./event_loop.ts";
import { imagesTensor } from "./latent_source.ts";

/** Pictures per pass; fixed, so that the same weights always give the same figure. */
const PASS_SIZE = 16;

/** What reconstructions are made with. */
export interface ReconstructionTask {
  readonly model: FluxModel;
  readonly dataset: PictureSource;
  readonly indices: readonly number[];
  /** Whether the expander sees its context. */
  readonly spade: boolean;
  readonly signal: AbortSignal;
  /** Told after each pass. */
  readonly onPass: (done: number) => void;
}

/** Called per picture; arrays of [H * W * 3] in [-1, 1], valid during the call only. */
export type PictureVisitor = (
  original: Float32Array,
  decoded: Float32Array,
  index: number,
) => void;

/** Reconstructs pictures pass by pass. False when the signal came first. */
export async function visitReconstructions(
  task: ReconstructionTask,
  visit: PictureVisitor,
): Promise<boolean> {
  const { dataset, indices } = task;
  let done = 0;
  for (const part of passesOf(dataset, indices, PASS_SIZE)) {
    if (task.signal.aborted) return false;
    const { height, width } = dataset.sizeOf(part[0]!);
    const size = height * width * 3;
    const images = await imagesTensor(dataset, part);
    const decoded = reconstruct(task.model, images, task.spade);
    const originals = await images.data() as Float32Array;
    const results = await decoded.data() as Float32Array;
    tf.dispose([images, decoded]);
    part.forEach((index, row) =>
      visit(
        originals.subarray(row * size, (row + 1) * size),
        results.subarray(row * size, (row + 1) * size),
        index,
      )
    );
    done += part.length;
    task.onPass(done);
    await nextTurn();
  }
  return true;
}

/** Mean held-out error, colours in 0..1, each picture counting the same; null when the signal came first. */
export async function heldOutError(
  task: ReconstructionTask,
): Promise<number | null> {
  let sum = 0;
  const isWhole = await visitReconstructions(task, (original, decoded) => {
    sum += meanAbsoluteError(unitValues(original), unitValues(decoded));
  });
  return isWhole ? sum / task.indices.length : null;
}

/** Pictures [N, H, W, 3] through the latent mean; the caller owns the result. */
export function reconstruct(
  model: FluxModel,
  images: tf.Tensor4D,
  spade: boolean,
): tf.Tensor4D {
  return tf.tidy(() => {
    const posterior = encode(model, images);
    const tokens = latentTokens(model, posterior.mean, posterior);
    const grid = latentGrid(model.options, images.shape[1], images.shape[2]);
    return decode(model, tokens, grid, { spade });
  });
}
