// Sample pictures of a train step: reconstructions of fixed pictures, and fixed captions drawn by the flow.
import { join } from "node:path";
import { imageGrid } from "../evaluation/image_grid.ts";
import type { ImageTextFolder } from "../data/image_text_folder.ts";
import { makeFolder, writeAtomically } from "../disk/atomic_write.ts";
import { drawPictures } from "../sampling/draw_pictures.ts";
import { nextTurn } from "../train/event_loop.ts";
import { FLOW_SCHEDULE } from "../train/flow_trainer.ts";
import { type TextOptions, textVectors } from "../train/text_source.ts";
import type { TrainCursor } from "../train/train_progress.ts";
import { visitReconstructions } from "../train/validation.ts";
import { refuseOddSides } from "./open_step.ts";
import { pictureOf } from "./picture_values.ts";
import type { StepContext } from "./step_context.ts";
import { type OpenedTrainStep, SAMPLES_FOLDER } from "./train_session.ts";

/** Pictures that are reconstructed. */
const RECONSTRUCTED = 8;
const SAMPLER_STEPS = 20;
/** Guidance of samples of a flow that was trained with dropped captions; without those there is nothing to guide by. */
const SAMPLE_GUIDANCE = 2;

/**
 * Draws what the step's pipeline asks for at a moment and writes it to `samples/`. The name tells the moment, so that a step
 * that repeats a stretch after a crash writes the same pictures again. False when the signal came first.
 */
export async function drawTrainSamples(
  context: StepContext,
  opened: OpenedTrainStep,
  text: TextOptions | null,
  cursor: TrainCursor,
): Promise<boolean> {
  const draw = () =>
    text === null
      ? drawReconstructions(context, opened, cursor)
      : drawCaptions(context, opened, text, cursor);
  const { average } = opened.session;
  return average === null ? await draw() : await average.during(draw);
}

/** Whether the pipeline wants samples at all. */
export function wantsSamples(context: StepContext): boolean {
  const { no_samples, samples_per_checkpoint } = context.request.output;
  return !no_samples && samples_per_checkpoint > 0;
}

/** Originals above, reconstructions below. */
async function drawReconstructions(
  context: StepContext,
  opened: OpenedTrainStep,
  cursor: TrainCursor,
): Promise<boolean> {
  const dataset: ImageTextFolder = opened.heldOut ?? opened.dataset;
  const count = Math.min(RECONSTRUCTED, dataset.size);
  const size = { height: dataset.height, width: dataset.width };
  const originals: ReturnType<typeof pictureOf>[] = [];
  const decoded: ReturnType<typeof pictureOf>[] = [];
  const isWhole = await visitReconstructions(
    {
      model: opened.session.model,
      dataset,
      indices: Array.from({ length: count }, (_, index) => index),
      spade: opened.step.decode_spade,
      signal: context.signal,
      onPass: () => {},
    },
    (original, result) => {
      originals.push(pictureOf({ ...size, values: original }));
      decoded.push(pictureOf({ ...size, values: result }));
    },
  );
  if (!isWhole) return false;
  const grid = await imageGrid([...originals, ...decoded], {
    columns: count,
    gap: 2,
  });
  await writeSample(context, `${nameOf(cursor)}-reconstructions.png`, grid);
  return true;
}

async function drawCaptions(
  context: StepContext,
  opened: OpenedTrainStep,
  text: TextOptions,
  cursor: TrainCursor,
): Promise<boolean> {
  const { model } = opened.session;
  const { request } = context;
  const captions = request.output.sample_captions;
  for (const size of sampleSizes(context, opened)) {
    const pictures = await drawPictures({
      model,
      captions,
      vectorsOf: (some) => textVectors(model, some, text),
      negative: "",
      guidanceScale: opened.step.cfg_dropout_prob > 0 ? SAMPLE_GUIDANCE : 1,
      ...size,
      schedule: FLOW_SCHEDULE,
      steps: SAMPLER_STEPS,
      solver: "dpm++",
      spade: opened.step.decode_spade,
      seed: request.seed,
      onStep: async () => {
        await nextTurn();
        return !context.signal.aborted;
      },
    });
    if (pictures === null) return false;
    const columns = Math.min(8, captions.length);
    const grid = await imageGrid(pictures.map(pictureOf), { columns, gap: 2 });
    const name = `${nameOf(cursor)}-captions-${size.width}x${size.height}.png`;
    await writeSample(context, name, grid);
  }
  return true;
}

/** The sizes that `output.sample_sizes` names; the data's own without one. */
function sampleSizes(
  context: StepContext,
  opened: OpenedTrainStep,
): { readonly height: number; readonly width: number }[] {
  const { sample_sizes } = context.request.output;
  const { height, width } = opened.dataset;
  if (sample_sizes === null) return [{ height, width }];
  return sample_sizes.map((size) => {
    const [wide, high] = typeof size === "number"
      ? [size, size]
      : typeof size === "string"
      ? size.split("x").map(Number) as [number, number]
      : size;
    const sides = { height: high, width: wide };
    refuseOddSides(opened.session.model.options, {
      place: "`output.sample_sizes`",
      ...sides,
    });
    return sides;
  });
}

function nameOf(cursor: TrainCursor): string {
  return String(cursor.trainStep).padStart(8, "0");
}

async function writeSample(
  context: StepContext,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const folder = join(context.folder, SAMPLES_FOLDER);
  await makeFolder(folder);
  const path = join(folder, name);
  await writeAtomically(path, bytes);
  context.picture(path);
}
