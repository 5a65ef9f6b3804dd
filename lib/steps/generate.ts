// Body of `task: generate`: draws the step's prompts with a trained flow, one PNG each and a grid of all.
import type { Component } from "../catalog/component.ts";
import type { GenerateStep } from "../catalog/pipeline.ts";
import { type PictureSides, sidesOf } from "../catalog/picture_size.ts";
import { readCurrent } from "../checkpoint/load_checkpoint.ts";
import { loadTokenizer } from "../data/tokenizer.ts";
import { startEngine } from "../engines/engine.ts";
import { RefusedError, StoredStateError } from "../error/failure.ts";
import { readPlannedBytes } from "../exchange/read_weights.ts";
import type { FluxModel } from "../models/flux_model.ts";
import { drawPictures, type PictureOrder } from "../sampling/draw_pictures.ts";
import { nextTurn } from "../train/event_loop.ts";
import { flowSchedule } from "../train/flow_schedule.ts";
import { type TextOptions, textVectors } from "../train/text_source.ts";
import { writeDrawnPictures } from "./drawn_pictures.ts";
import { loadFileWeights } from "./file_weights.ts";
import {
  openStepModel,
  openStepText,
  parseTokenizer,
  refuseOddSides,
  textOptions,
} from "./open_step.ts";
import type { StepContext, StepResult } from "./step_context.ts";

/** What draws needs of the model; the compressor only encodes. */
const DRAWING_COMPONENTS: readonly Component[] = [
  "expander",
  "flow_processor",
  "text_encoder",
];

/** Draws `per_prompt` pictures per prompt, or as many ways of `frames` between two, into `output/`. */
export async function generateBody(context: StepContext): Promise<StepResult> {
  const { request } = context;
  const step = request.options as GenerateStep;
  await startEngine(request.engine);
  using source = await openSource(context, step);
  const { model, text } = source;
  const size = step.size === null ? source.trained : sidesOf(step.size);
  if (size === null) {
    throw new RefusedError(
      "Cannot draw: the files do not tell the size of the pictures that they were trained on",
      { hint: "Say it: `size` in the step, or `--size`" },
    );
  }
  refuseOddSides(model.options, { place: "`size`", ...size });
  const total = 1000;
  const pictures = await drawPictures({
    model,
    pictures: ordersOf(step),
    vectorsOf: (some) => textVectors(model, some, text),
    negative: step.negative_prompt,
    guidanceScale: step.guidance_scale,
    height: size.height,
    width: size.width,
    schedule: flowSchedule(model.options),
    steps: step.steps,
    solver: step.sampler,
    spade: step.decode_spade,
    seed: request.seed,
    onStep: async (share) => {
      context.progress({
        phase: "render",
        done: Math.round(share * total),
        total,
      });
      await nextTurn();
      return !context.signal.aborted;
    },
  });
  if (pictures === null) return { outcome: "stopped", metrics: {} };
  const columns = step.frames ??
    (step.per_prompt > 1 ? step.per_prompt : Math.min(8, pictures.length));
  const grid = await writeDrawnPictures(context, pictures, {
    columns,
    name: step.frames === undefined ? "grid.png" : "strip.png",
  });
  return {
    outcome: "done",
    metrics: {},
    summary: `${pictures.length} pictures of ${step.prompts.length} prompts`,
    pictures: [grid],
  };
}

/** Every picture has a noise of its own, but all frames between two prompts share one. */
function ordersOf(step: GenerateStep): PictureOrder[] {
  const { prompts, frames, per_prompt } = step;
  if (frames === undefined) {
    return prompts.flatMap((caption, row) =>
      Array.from({ length: per_prompt }, (_, index) => ({
        caption,
        noise: row * per_prompt + index,
      }))
    );
  }
  const [caption, last] = prompts as [string, string];
  return Array.from({ length: per_prompt * frames }, (_, index) => ({
    caption,
    towards: { caption: last, share: (index % frames) / (frames - 1) },
    noise: Math.floor(index / frames),
  }));
}

interface DrawingSource extends Disposable {
  readonly model: FluxModel;
  readonly text: TextOptions;
  /** Size of the pictures that the weights were trained on; null where nothing tells. */
  readonly trained: PictureSides | null;
}

async function openSource(
  context: StepContext,
  step: GenerateStep,
): Promise<DrawingSource> {
  if (step.from === null) return await openFiles(context);
  const { request } = context;
  const folder = context.inputs[step.from];
  if (folder === undefined) {
    throw new RangeError(`The request has no folder of step "${step.from}"`);
  }
  const text = await openStepText(folder, request);
  const model = await openStepModel(request, {
    weightsFrom: folder,
    weights: step.weights,
    components: DRAWING_COMPONENTS,
  });
  const { state } = await readCurrent(folder);
  return {
    model,
    text,
    trained: state.image,
    [Symbol.dispose]: () => model[Symbol.dispose](),
  };
}

/** The files of `model_checkpoint`, with the tokenizer beside them or the one that the data section names. */
async function openFiles(context: StepContext): Promise<DrawingSource> {
  const { request } = context;
  const file = request.weight_files?.tokenizer ??
    request.text_files?.tokenizer ?? null;
  if (file === null) {
    throw new StoredStateError(
      "Cannot read captions: there is no tokenizer.json beside the weights",
      { hint: "Put it there, or name it in `data.tokenizer_name`" },
    );
  }
  const words = new TextDecoder().decode(await readPlannedBytes(file));
  const tokenizer = loadTokenizer(parseTokenizer(words, file.path));
  const text = textOptions(tokenizer, request);
  const model = await openStepModel(request, {
    weightsFrom: null,
    weights: "raw",
    components: DRAWING_COMPONENTS,
  });
  try {
    await loadFileWeights(model, request, (line) => context.log(line));
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
  const side = request.data.img_size;
  return {
    model,
    text,
    trained: side === null ? null : sidesOf(side),
    [Symbol.dispose]: () => model[Symbol.dispose](),
  };
}
