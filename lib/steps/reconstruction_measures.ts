// How well a step's VAE gives held-out pictures back: what evaluate and compare both measure.
import { join } from "node:path";
import type { PictureMetric, WeightSources } from "../catalog/pipeline.ts";
import type { PictureSet } from "../data/picture_set.ts";
import { writeAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { StepFailure } from "../error/failure.ts";
import { meanOf } from "../evaluation/bootstrap.ts";
import { meanAbsoluteError, psnr, ssim } from "../evaluation/image_metrics.ts";
import { framedAlike, imageGrid } from "../evaluation/image_grid.ts";
import {
  bytesOf,
  type PictureSize,
  type RgbBytes,
  unitValues,
} from "../evaluation/picture.ts";
import type { FluxModel } from "../models/flux_model.ts";
import { visitReconstructions } from "../train/validation.ts";
import { loadComponents, openStepModel } from "./open_step.ts";
import type { StepContext } from "./step_context.ts";

/** The weights of one step, and how its expander is driven. */
export interface MeasuredStep {
  readonly name: string;
  readonly initFrom: WeightSources;
  readonly spade: boolean;
  readonly weights: "ema" | "raw";
}

/** The pictures that are measured. */
export interface MeasuredPictures {
  readonly dataset: PictureSet;
  readonly indices: readonly number[];
  /** Those of `indices` whose reconstructions are kept to be looked at. */
  readonly shown: readonly number[];
  readonly onPass: (done: number) => void;
}

/** Measures of each picture, in the order of `indices`. */
export type PictureMeasures = Readonly<Record<PictureMetric, number[]>>;

/** What one step's weights make of the pictures. */
export interface Reconstructions {
  readonly measures: PictureMeasures;
  /** Reconstructions of `shown`, in its order. */
  readonly shown: readonly RgbBytes[];
}

const VAE = ["compressor", "expander"] as const;
/** How much larger the pictures of a grid are than those of the data, for a person to see them. */
const GRID_SCALE = 3;
const GRID_GAP = 4;

/** Each picture metric of an original and its reconstruction, both in [0, 1]. */
const MEASURES: Readonly<
  Record<
    PictureMetric,
    (original: Float32Array, made: Float32Array, size: PictureSize) => number
  >
> = { recon_l1: meanAbsoluteError, psnr, ssim };

/** Reconstructs from the latent mean and measures. Null when the step was asked to stop. */
export async function measureReconstructions(
  context: StepContext,
  step: MeasuredStep,
  pictures: MeasuredPictures,
): Promise<Reconstructions | null> {
  const { dataset, indices, shown } = pictures;
  using model = await openVae(context, step);
  const measures: PictureMeasures = { recon_l1: [], psnr: [], ssim: [] };
  // Pictures come in passes of one size, not in their order.
  const places = new Map(indices.map((index, place) => [index, place]));
  const kept = new Map<number, RgbBytes>();
  const isWhole = await visitReconstructions(
    {
      model,
      dataset,
      indices,
      spade: step.spade,
      signal: context.signal,
      onPass: pictures.onPass,
    },
    (original, decoded, index) => {
      const [wanted, made] = [unitValues(original), unitValues(decoded)];
      const size = dataset.sizeOf(index);
      for (const [metric, measure] of Object.entries(MEASURES)) {
        measures[metric as PictureMetric][places.get(index)!] = measure(
          wanted,
          made,
          size,
        );
      }
      if (shown.includes(index)) kept.set(index, bytesOf(made, size));
    },
  );
  if (!isWhole) return null;
  return { measures, shown: shown.map((index) => kept.get(index)!) };
}

/** Mean over pictures of each metric. */
export function meanMeasures(
  measures: PictureMeasures,
): Record<PictureMetric, number> {
  return {
    recon_l1: meanOf(measures.recon_l1),
    psnr: meanOf(measures.psnr),
    ssim: meanOf(measures.ssim),
  };
}

/** The first `limit` pictures of a dataset; null means all. */
export function pictureIndices(
  dataset: PictureSet,
  limit: number | null,
): number[] {
  const count = Math.min(dataset.size, limit ?? dataset.size);
  return Array.from({ length: count }, (_, index) => index);
}

/** `count` of the indices, evenly spread: neighbours in a captions file often look alike. */
export function spreadIndices(
  indices: readonly number[],
  count: number,
): number[] {
  const kept = Math.min(count, indices.length);
  return Array.from(
    { length: kept },
    (_, place) => indices[Math.floor(place * indices.length / kept)]!,
  );
}

/** Writes a grid of originals and, row by row below them, what each step made of them; answers its path. */
export async function writeReconstructionGrid(
  context: StepContext,
  pictures: MeasuredPictures,
  rows: readonly Reconstructions[],
): Promise<string | null> {
  const { dataset, shown } = pictures;
  if (shown.length === 0) return null;
  const originals: RgbBytes[] = [];
  for (const index of shown) {
    const data = await dataset.pixels(index);
    const { height, width } = dataset.sizeOf(index);
    originals.push({ height, width, channels: 3, data });
  }
  const grid = await imageGrid(
    framedAlike([...originals, ...rows.flatMap((row) => row.shown)]),
    { columns: shown.length, gap: GRID_GAP, scale: GRID_SCALE },
  );
  const path = join(await outputFolder(context), "reconstructions.png");
  await writeAtomically(path, grid);
  context.picture(path);
  return path;
}

/** The step's `output/`, made where it is missing. */
export async function outputFolder(context: StepContext): Promise<string> {
  const folder = join(context.folder, "output");
  await makeFolder(folder);
  return folder;
}

/** Compressor and expander may come from different steps: one of them may have been frozen. */
async function openVae(
  context: StepContext,
  step: MeasuredStep,
): Promise<FluxModel> {
  const model = await openStepModel(context.request, {
    weightsFrom: null,
    weights: step.weights,
    components: VAE,
  });
  try {
    for (const component of VAE) {
      const folder = context.inputs[step.initFrom[component] ?? ""];
      if (folder === undefined) {
        throw new StepFailure(
          `Cannot measure pictures of step "${step.name}": no step before it trained its ${component}`,
          { hint: "Name a step that trains with `train_vae: true`" },
        );
      }
      await loadComponents(model, folder, [component], step.weights);
    }
    return model;
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}
