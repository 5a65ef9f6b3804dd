// Sample pictures of a train step: reconstructions of fixed pictures, and fixed captions drawn by the flow.
import { join } from "node:path";
import { writeAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { framedAlike, imageGrid } from "../evaluation/image_grid.ts";
import {
  bytesOf,
  type PictureSource,
  type RgbBytes,
  unitValues,
} from "../evaluation/picture.ts";
import { commonSize } from "../data/selected_samples.ts";
import { sidesOf } from "../catalog/picture_size.ts";
import { decodeImage } from "../format/image_codec.ts";
import { drawPictures } from "../sampling/draw_pictures.ts";
import { nextTurn } from "../train/event_loop.ts";
import { flowSchedule } from "../train/flow_schedule.ts";
import { type TextOptions, textVectors } from "../train/text_source.ts";
import type { TrainCursor } from "../train/train_progress.ts";
import { visitReconstructions } from "../train/validation.ts";
import { intactIndices } from "./open_data.ts";
import { refuseOddSides } from "./open_step.ts";
import { pictureIndices, spreadIndices } from "./reconstruction_measures.ts";
import type { StepContext } from "./step_context.ts";
import { type OpenedTrainStep, SAMPLES_FOLDER } from "./train_session.ts";

/** Enlarged, for a person to see small pictures. */
export const SAMPLE_GRID = { gap: 4, scale: 3 } as const;
/** Pictures of the data that are reconstructed. */
const RECONSTRUCTED = 8;
const SAMPLER_STEPS = 20;
/** Guidance of samples of a flow that was trained with dropped captions; without those there is nothing to guide by. */
const SAMPLE_GUIDANCE = 2;
const CAPTION_COLUMNS = 8;

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
  const { average, groups } = opened.session;
  const trainsVae = groups.some((group) => group.name === "vae");
  const draw = async () => {
    if (trainsVae && !await drawVaeSamples(context, opened, cursor)) {
      return false;
    }
    return text === null || await drawCaptions(context, opened, text, cursor);
  };
  return average === null ? await draw() : await average.during(draw);
}

/** Whether the pipeline wants samples at all. */
export function wantsSamples(context: StepContext): boolean {
  const { no_samples, samples_per_checkpoint } = context.request.output;
  return !no_samples && samples_per_checkpoint > 0;
}

/** Pictures of the data, held-out ones where there are some, and the pipeline's own test pictures. */
async function drawVaeSamples(
  context: StepContext,
  opened: OpenedTrainStep,
  cursor: TrainCursor,
): Promise<boolean> {
  const dataset = opened.heldOut ?? opened.dataset;
  const indices = await intactIndices(
    context,
    dataset,
    spreadIndices(pictureIndices(dataset, null), RECONSTRUCTED),
  );
  if (indices.length === 0) return true;
  const name = `${nameOf(cursor)}-reconstructions.png`;
  if (!await drawPairs(context, opened, { pictures: dataset, indices, name })) {
    return false;
  }
  const paths = context.request.output.test_image_address;
  for (const [index, path] of paths.entries()) {
    const pictures = await openTestPicture(opened, path);
    const name = `${nameOf(cursor)}-test-${index + 1}.png`;
    if (!await drawPairs(context, opened, { pictures, indices: [0], name })) {
      return false;
    }
  }
  return true;
}

interface PairsToDraw {
  readonly pictures: PictureSource;
  readonly indices: readonly number[];
  /** Of the file in `samples/`. */
  readonly name: string;
}

/** Originals above, reconstructions below. */
async function drawPairs(
  context: StepContext,
  opened: OpenedTrainStep,
  { pictures, indices, name }: PairsToDraw,
): Promise<boolean> {
  const originals: RgbBytes[] = [];
  const made: RgbBytes[] = [];
  const isWhole = await visitReconstructions(
    {
      model: opened.session.model,
      dataset: pictures,
      indices,
      spade: opened.step.decode_spade,
      signal: context.signal,
      onPass: () => {},
    },
    (original, decoded, index) => {
      const size = pictures.sizeOf(index);
      originals.push(bytesOf(unitValues(original), size));
      made.push(bytesOf(unitValues(decoded), size));
    },
  );
  if (!isWhole) return false;
  const columns = indices.length;
  const grid = await imageGrid(framedAlike([...originals, ...made]), {
    ...SAMPLE_GRID,
    columns,
  });
  await writeSample(context, name, grid);
  return true;
}

/** One picture of the user's, with the size that it has. */
async function openTestPicture(
  opened: OpenedTrainStep,
  path: string,
): Promise<PictureSource> {
  const { width, height, data } = await decodeImage(await Deno.readFile(path));
  const sides = { height, width };
  const { options } = opened.session.model;
  refuseOddSides(options, { place: `test picture "${path}"`, ...sides });
  return {
    size: 1,
    sizeOf: () => sides,
    pixels: () => Promise.resolve(data),
  };
}

async function drawCaptions(
  context: StepContext,
  opened: OpenedTrainStep,
  text: TextOptions,
  cursor: TrainCursor,
): Promise<boolean> {
  const { model } = opened.session;
  const { request } = context;
  const { sample_captions, samples_per_checkpoint: each } = request.output;
  const captions = sample_captions.flatMap((caption) =>
    new Array<string>(each).fill(caption)
  );
  for (const size of sampleSizes(context, opened)) {
    const pictures = await drawPictures({
      model,
      pictures: captions.map((caption, noise) => ({ caption, noise })),
      vectorsOf: (some) => textVectors(model, some, text),
      negative: "",
      guidanceScale: opened.step.cfg_dropout_prob > 0 ? SAMPLE_GUIDANCE : 1,
      ...size,
      schedule: flowSchedule(model.options),
      steps: Math.min(SAMPLER_STEPS, model.options.trainTimesteps),
      solver: "dpm++",
      spade: opened.step.decode_spade,
      seed: request.seed,
      onStep: async () => {
        await nextTurn();
        return !context.signal.aborted;
      },
    });
    if (pictures === null) return false;
    const drawn = pictures.map((one) => bytesOf(unitValues(one.values), one));
    const columns = each > 1
      ? each
      : Math.min(CAPTION_COLUMNS, captions.length);
    const grid = await imageGrid(drawn, { ...SAMPLE_GRID, columns });
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
  if (sample_sizes === null) return [commonSize(opened.dataset)];
  return sample_sizes.map((size) => {
    const sides = sidesOf(size);
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
