// Body of `task: evaluate`: measures one step's weights on a dataset, picture by picture.
import { join } from "node:path";
import type { EvaluateStep, PictureMetric } from "../catalog/pipeline.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { startEngine } from "../engines/engine.ts";
import { intactIndices, openStepDataset } from "./open_data.ts";
import {
  meanMeasures,
  type MeasuredPictures,
  measureReconstructions,
  outputFolder,
  pictureIndices,
  spreadIndices,
  writeReconstructionGrid,
} from "./reconstruction_measures.ts";
import type { StepContext, StepResult } from "./step_context.ts";

/** Pictures in the grid. */
const SHOWN_PICTURES = 16;

/** Writes `output/evaluate.json` and `output/reconstructions.png`: originals above what the step's VAE makes of them. */
export async function evaluateBody(context: StepContext): Promise<StepResult> {
  const { request } = context;
  const step = request.options as EvaluateStep;
  await startEngine(request.engine);
  const dataset = await openStepDataset(context, step.dataset);
  const indices = await intactIndices(
    context,
    dataset,
    pictureIndices(dataset, step.limit),
  );
  const pictures: MeasuredPictures = {
    dataset,
    indices,
    shown: spreadIndices(indices, SHOWN_PICTURES),
    onPass: (done) =>
      context.progress({ phase: "evaluate", done, total: indices.length }),
  };
  const made = await measureReconstructions(context, {
    name: step.of,
    initFrom: step.init_from,
    spade: step.spade,
    weights: step.weights,
  }, pictures);
  if (made === null) return { outcome: "stopped", metrics: {} };
  const wanted = step.metrics as readonly PictureMetric[];
  const means = meanMeasures(made.measures);
  const metrics = Object.fromEntries(wanted.map((name) => [name, means[name]]));
  await writeJsonAtomically(
    join(await outputFolder(context), "evaluate.json"),
    {
      version: 1,
      of: step.of,
      dataset: step.dataset,
      weights: step.weights,
      spade: step.spade,
      count: indices.length,
      means: metrics,
      images: indices.map((index, place) => ({
        name: dataset.name(index),
        ...Object.fromEntries(
          wanted.map((name) => [name, made.measures[name][place]]),
        ),
      })),
    },
  );
  const grid = await writeReconstructionGrid(context, pictures, [made]);
  return {
    outcome: "done",
    metrics,
    summary: `"${step.of}" on ${indices.length} pictures of "${step.dataset}"`,
    pictures: grid === null ? [] : [grid],
  };
}
