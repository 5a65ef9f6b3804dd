// A train step of thousands of updates in this process, watched for tensors and memory that it does not give back.
import { startEngine } from "../../lib/engines/engine.ts";
import { trainBody } from "../../lib/steps/train.ts";
import { tf } from "../../lib/tensor/tf.ts";
import {
  contextOf,
  requestOf,
  TinyProject,
  vaeStep,
} from "../train/tiny_step.ts";

/** What was there after an update. */
export interface Moment {
  readonly update: number;
  readonly tensors: number;
  readonly rssBytes: number;
}

/** Trains `updates` updates and looks after every `interval` of them. */
export async function watchTraining(
  updates: number,
  interval: number,
): Promise<Moment[]> {
  await startEngine("wasm");
  using project = new TinyProject();
  const { batch_size: batchSize } = vaeStep();
  const batches = Math.ceil(project.size / batchSize);
  const step = vaeStep({
    n_epochs: Math.ceil(updates / batches),
    checkpoint: {
      interval_batches: 500,
      interval_minutes: null,
      max_lost_minutes: null,
      keep_last: 2,
      keep_best: null,
    },
  });
  const moments: Moment[] = [];
  const request = requestOf(project, step, { folder: project.folder("vae") });
  // The recorder of the tests keeps every report, which would look like a leak of the step.
  const { context } = contextOf(request);
  await trainBody({
    ...context,
    log: () => {},
    picture: () => {},
    progress({ phase, done }) {
      const isNew = moments.at(-1)?.update !== done;
      if (phase !== "train" || done === 0 || done % interval !== 0 || !isNew) {
        return;
      }
      const { rss: rssBytes } = Deno.memoryUsage();
      const { numTensors: tensors } = tf.memory();
      moments.push({ update: done, tensors, rssBytes });
    },
  });
  return moments;
}

/** Growth of the memory over the second half against its middle, as a share: peaks of a half against each other. */
export function growthOf(moments: readonly Moment[]): number {
  const middle = moments.length >> 1;
  const early = moments.slice(middle >> 1, middle);
  const late = moments.slice(middle + (middle >> 1));
  const peak = (part: readonly Moment[]) =>
    Math.max(...part.map(({ rssBytes }) => rssBytes));
  return peak(late) / peak(early) - 1;
}
