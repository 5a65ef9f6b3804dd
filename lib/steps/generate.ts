// Body of `task: generate`: draws the step's prompts with a trained flow, one PNG each and a grid of all.
import { join } from "node:path";
import type { GenerateStep } from "../catalog/pipeline.ts";
import { readCurrent } from "../checkpoint/load_checkpoint.ts";
import { writeAtomically, writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { startEngine } from "../engines/engine.ts";
import { imageGrid } from "../evaluation/image_grid.ts";
import { bytesOf, unitValues } from "../evaluation/picture.ts";
import { encodePng } from "../format/image_codec.ts";
import { type DrawnPicture, drawPictures } from "../sampling/draw_pictures.ts";
import { nextTurn } from "../train/event_loop.ts";
import { FLOW_SCHEDULE } from "../train/flow_trainer.ts";
import { textVectors } from "../train/text_source.ts";
import { openStepModel, openStepText, refuseOddSides } from "./open_step.ts";
import type { StepContext, StepResult } from "./step_context.ts";
import { SAMPLE_GRID } from "./train_samples.ts";

/** What draws needs of the model; the compressor only encodes. */
const DRAWING_COMPONENTS = [
  "expander",
  "flow_processor",
  "text_encoder",
] as const;
/** Words of a prompt that a file name has room for. */
const NAME_LENGTH = 40;

/** Draws `per_prompt` pictures per prompt into `output/`. */
export async function generateBody(context: StepContext): Promise<StepResult> {
  const { request } = context;
  const step = request.options as GenerateStep;
  await startEngine(request.engine);
  const folder = context.inputs[step.from];
  if (folder === undefined) {
    throw new RangeError(`The request has no folder of step "${step.from}"`);
  }
  const text = await openStepText(folder, request);
  using model = await openStepModel(request, {
    weightsFrom: folder,
    weights: step.weights,
    components: DRAWING_COMPONENTS,
  });
  const { state } = await readCurrent(folder);
  const size = step.size === null
    ? state.image
    : { height: step.size, width: step.size };
  refuseOddSides(model.options, { place: "`size`", ...size });
  const captions = step.prompts.flatMap((prompt) =>
    Array.from({ length: step.per_prompt }, () => prompt)
  );
  const total = 1000;
  const pictures = await drawPictures({
    model,
    captions,
    vectorsOf: (some) => textVectors(model, some, text),
    negative: step.negative_prompt,
    guidanceScale: step.guidance_scale,
    ...size,
    schedule: FLOW_SCHEDULE,
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
  const grid = await writePictures(context, step, pictures);
  return {
    outcome: "done",
    metrics: {},
    summary: `${pictures.length} pictures of ${step.prompts.length} prompts`,
    pictures: [grid],
  };
}

/** Answers the path of the grid: one row per prompt, or all in rows of eight where each prompt has one picture. */
async function writePictures(
  context: StepContext,
  step: GenerateStep,
  pictures: readonly DrawnPicture[],
): Promise<string> {
  const output = join(context.folder, "output");
  await makeFolder(output);
  const names: { readonly file: string; readonly prompt: string }[] = [];
  for (const [index, picture] of pictures.entries()) {
    const file = `${String(index + 1).padStart(3, "0")}-${
      fileWords(picture.caption)
    }.png`;
    await writeAtomically(
      join(output, file),
      await encodePng(bytesOf(unitValues(picture.values), picture)),
    );
    names.push({ file, prompt: picture.caption });
  }
  await writeJsonAtomically(join(output, "prompts.json"), names);
  const columns = step.per_prompt > 1
    ? step.per_prompt
    : Math.min(8, pictures.length);
  const grid = await imageGrid(
    pictures.map((one) => bytesOf(unitValues(one.values), one)),
    { ...SAMPLE_GRID, columns },
  );
  const path = join(output, "grid.png");
  await writeAtomically(path, grid);
  context.picture(path);
  return path;
}

/** Letters and digits of a prompt, safe as part of a file name. */
function fileWords(prompt: string): string {
  const words = prompt.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(
    /^-+|-+$/g,
    "",
  );
  return words.slice(0, NAME_LENGTH) || "empty";
}
