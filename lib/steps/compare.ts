// Body of `task: compare`: two steps' weights on the same held-out pictures, the paired difference, and what it shows.
import { join } from "node:path";
import type { CompareStep, PictureMetric } from "../catalog/pipeline.ts";
import { commonSize } from "../data/selected_samples.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { startEngine } from "../engines/engine.ts";
import { StepFailure } from "../error/failure.ts";
import {
  bootstrapInterval,
  type Interval,
  meanOf,
} from "../evaluation/bootstrap.ts";
import { meanAbsoluteError } from "../evaluation/image_metrics.ts";
import { meanImage } from "../evaluation/mean_image.ts";
import { isSameSize, passesOf } from "../evaluation/picture.ts";
import { type Verdict, verdict } from "../evaluation/verdict.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import { latentNumbers } from "../blueprint/model_options.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";
import {
  intactIndices,
  type OpenSources,
  openStepDataset,
} from "./open_data.ts";
import {
  meanMeasures,
  type MeasuredPictures,
  measureReconstructions,
  outputFolder,
  pictureIndices,
  type PictureMeasures,
  type Reconstructions,
  spreadIndices,
  writeReconstructionGrid,
} from "./reconstruction_measures.ts";
import type { StepContext, StepResult } from "./step_context.ts";

/** Mean over pictures of treatment minus control, with its 95 % interval. */
interface PairedDifference {
  readonly mean: number;
  readonly interval: Interval;
}

/** Error of the baseline: every picture guessed to be the mean of `dataset`. */
interface Baseline {
  readonly dataset: string;
  /** Per picture. */
  readonly errors: readonly number[];
  readonly recon_l1: number;
}

const METRICS: readonly PictureMetric[] = ["recon_l1", "psnr", "ssim"];

/**
 * Writes `output/compare.json` and `output/reconstructions.png`: originals, the first arm's pictures, the second's.
 *
 * @throws {StepFailure} for a dataset of one picture, which has no spread to judge by
 */
export async function compareBody(context: StepContext): Promise<StepResult> {
  const { request } = context;
  const step = request.options as CompareStep;
  await startEngine(request.engine);
  const sources: OpenSources = new Map();
  const dataset = await openStepDataset(context, step.dataset, { sources });
  const indices = await intactIndices(
    context,
    dataset,
    pictureIndices(dataset, step.limit),
  );
  refuseTooFew(step, indices.length);
  const shown = spreadIndices(indices, step.pictures);
  const arms: Reconstructions[] = [];
  for (const [arm, name] of step.arms.entries()) {
    const made = await measureReconstructions(context, {
      name,
      initFrom: step.arms_init_from[arm]!,
      spade: step.arms_spade[arm]!,
      weights: step.weights,
    }, {
      ...{ dataset, indices, shown },
      onPass: (done) =>
        context.progress({
          phase: "evaluate",
          done: arm * indices.length + done,
          total: step.arms.length * indices.length,
        }),
    });
    if (made === null) return { outcome: "stopped", metrics: {} };
    arms.push(made);
  }
  const pictures = { dataset, indices, shown, onPass: () => {} };
  const baseline = await measureBaseline(context, step, pictures, sources);
  return await report(context, step, pictures, { arms, baseline });
}

async function report(
  context: StepContext,
  step: CompareStep,
  pictures: MeasuredPictures,
  { arms, baseline }: {
    readonly arms: readonly Reconstructions[];
    readonly baseline: Baseline | null;
  },
): Promise<StepResult> {
  const { dataset, indices } = pictures;
  const { request } = context;
  const [treatment, control] = arms.map((arm) => arm.measures) as [
    PictureMeasures,
    PictureMeasures,
  ];
  const differences = Object.fromEntries(
    METRICS.map((metric) => [
      metric,
      pairedDifference(treatment[metric], control[metric], {
        samples: step.bootstrap_samples,
        seed: request.seed,
      }),
    ]),
  ) as Record<PictureMetric, PairedDifference>;
  const judged = judge(step, differences[step.metric], indices.length);
  const summaries = arms.map((arm, index) => {
    const means = meanMeasures(arm.measures);
    return {
      step: step.arms[index]!,
      role: index === 0 ? "treatment" : "control",
      spade: step.arms_spade[index]!,
      means,
      ratio: baseline === null ? null : means.recon_l1 / baseline.recon_l1,
    };
  });
  const { height, width } = commonSize(dataset);
  const numbers = latentNumbers(
    modelOptionsFrom(request.model),
    height,
    width,
  );
  const imageNumbers = height * width * 3;
  await writeJsonAtomically(join(await outputFolder(context), "compare.json"), {
    version: 1,
    dataset: step.dataset,
    weights: step.weights,
    metric: step.metric,
    count: indices.length,
    seed: request.seed,
    arms: summaries,
    baseline: baseline === null
      ? null
      : { dataset: baseline.dataset, recon_l1: baseline.recon_l1 },
    latent: {
      numbers,
      image_numbers: imageNumbers,
      share: numbers / imageNumbers,
    },
    bootstrap_samples: step.bootstrap_samples,
    differences,
    verdict: judged,
    images: indices.map((index, place) => ({
      name: dataset.name(index),
      treatment: measuresAt(treatment, place),
      control: measuresAt(control, place),
      mean_image_l1: baseline?.errors[place] ?? null,
    })),
  });
  const grid = await writeReconstructionGrid(context, pictures, arms);
  const [low, high] = differences[step.metric].interval;
  return {
    outcome: "done",
    metrics: {
      ...Object.fromEntries(
        summaries.flatMap((arm) => [
          [`${step.metric}_${arm.step}`, arm.means[step.metric]],
          ...(arm.ratio === null ? [] : [[`ratio_${arm.step}`, arm.ratio]]),
        ]),
      ),
      difference: differences[step.metric].mean,
      interval_low: low,
      interval_high: high,
      ...(baseline === null ? {} : { mean_image_l1: baseline.recon_l1 }),
      latent_numbers: numbers,
    },
    summary: judged.sentence,
    pictures: grid === null ? [] : [grid],
  };
}

async function measureBaseline(
  context: StepContext,
  step: CompareStep,
  { dataset: heldOut, indices }: MeasuredPictures,
  sources: OpenSources,
): Promise<Baseline | null> {
  if (step.baseline_dataset === null) return null;
  const known = await openStepDataset(context, step.baseline_dataset, {
    sources,
  });
  const knownIndices = await intactIndices(
    context,
    known,
    pictureIndices(known, null),
  );
  const errors: number[] = [];
  for (const pass of passesOf(heldOut, indices, Infinity)) {
    const size = heldOut.sizeOf(pass[0]!);
    const alike = knownIndices.filter((index) =>
      isSameSize(known.sizeOf(index), size)
    );
    if (alike.length === 0) {
      const found = commonSize(known);
      throw new StepFailure(
        `Cannot compare with the mean picture of dataset "${step.baseline_dataset}": its pictures are ${found.width}x${found.height}, those of "${step.dataset}" are ${size.width}x${size.height}`,
        { hint: "Set `data.img_size`, so that all pictures have one size" },
      );
    }
    const guess = await meanImage(known, alike);
    for (const index of pass) {
      const pixels = await heldOut.pixels(index);
      const original = Float32Array.from(pixels, (value) => value / 255);
      errors[indices.indexOf(index)] = meanAbsoluteError(original, guess);
    }
  }
  return {
    dataset: step.baseline_dataset,
    errors,
    recon_l1: meanOf(errors),
  };
}

function pairedDifference(
  treatment: readonly number[],
  control: readonly number[],
  options: { readonly samples: number; readonly seed: number },
): PairedDifference {
  const differences = treatment.map((value, at) => value - control[at]!);
  return {
    mean: meanOf(differences),
    interval: bootstrapInterval(differences, options),
  };
}

function judge(
  step: CompareStep,
  { mean, interval }: PairedDifference,
  count: number,
): Verdict {
  const direction = findMetric(step.metric)?.direction ?? null;
  if (direction === null) {
    throw new TypeError(`Cannot judge by "${step.metric}": neither way better`);
  }
  const [treatment, control] = step.arms;
  return verdict({
    ...{ metric: step.metric, direction, difference: mean, interval, count },
    ...{ treatment, control, seeds: 1 },
  });
}

function measuresAt(
  measures: PictureMeasures,
  place: number,
): Record<string, number> {
  return Object.fromEntries(
    METRICS.map((metric) => [metric, measures[metric][place]!]),
  );
}

function refuseTooFew(step: CompareStep, count: number): void {
  if (count >= 2) return;
  throw new StepFailure(
    `Cannot compare on ${count} picture of dataset "${step.dataset}": wanted at least 2`,
    { hint: "Raise `limit`, or hold out more pictures" },
  );
}
