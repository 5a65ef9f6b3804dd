// How far engines move apart from the same start: one VAE step and one flow step, looked at after 1, 10 and 100 batches.
import { join } from "node:path";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import {
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import {
  EMBEDDED_ENGINE,
  type EngineChoice,
} from "../../lib/engine_setup/engine_choice.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import {
  flowStep,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";

/** Batches after which engines are compared. */
export const LOOKS = [1, 10, 100] as const;

/** The most that an engine may be apart by then; docs/engines.md has the same table. */
export const DRIFT_BOUNDS = {
  1: { loss: 1e-5, weights: 5e-4 },
  10: { loss: 1e-4, weights: 3e-3 },
  100: { loss: 1e-2, weights: 2e-2 },
} as const;

/** A hundred batches, saved only where they are looked at. */
const HUNDRED: Partial<TrainStep> = {
  n_epochs: 25,
  checkpoint: {
    interval_batches: 1000,
    interval_minutes: null,
    max_lost_minutes: null,
    keep_last: 2,
    keep_best: null,
  },
};

/** Steps that are compared, and the loss of each. */
const COURSES = [
  { name: "VAE", step: vaeStep(HUNDRED), loss: "vae_loss" },
  { name: "flow", step: flowStep(HUNDRED), loss: "flow_loss" },
] as const;

/** The step of one engine after so many batches. */
interface Look {
  /** Of every batch up to here. */
  readonly losses: readonly number[];
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Distance of an engine from the embedded one. */
export interface Drift {
  readonly course: string;
  readonly batches: number;
  /** Of the losses, as a share: the largest of all batches up to here. */
  readonly loss: number;
  /** Of all trained weights together: the norm of the difference over the norm. */
  readonly weights: number;
}

/** Trains on both engines and compares. */
export async function measureDrift(
  engine: EngineChoice,
  looks: readonly number[] = LOOKS,
): Promise<Drift[]> {
  using project = new TinyProject();
  // Both flows stand on one VAE, so that they begin alike.
  const vae = project.folder("shared-vae");
  const shared = requestOf(project, vaeStep({ n_epochs: 1 }), { folder: vae });
  await train({ ...shared, engine: EMBEDDED_ENGINE });
  const drifts: Drift[] = [];
  for (const { name, step, loss } of COURSES) {
    const along = (on: EngineChoice, folder: string) =>
      follow({ project, step, loss, vae, looks }, on, project.folder(folder));
    const wanted = await along(EMBEDDED_ENGINE, `${name}-embedded`);
    const found = await along(engine, `${name}-other`);
    looks.forEach((batches, at) => {
      const [one, other] = [found[at]!, wanted[at]!];
      drifts.push({
        course: name,
        batches,
        loss: Math.max(
          ...one.losses.map((loss, batch) =>
            Math.abs(loss / other.losses[batch]! - 1)
          ),
        ),
        weights: distance(one.weights, other.weights),
      });
    });
  }
  return drifts;
}

interface Course {
  readonly project: TinyProject;
  readonly step: TrainStep;
  readonly loss: string;
  readonly vae: string;
  readonly looks: readonly number[];
}

/** Stops at each look, which changes nothing: a step that goes on ends with the same bytes. */
async function follow(
  { project, step, loss, vae, looks }: Course,
  engine: EngineChoice,
  folder: string,
): Promise<Look[]> {
  const request = requestOf(project, step, { folder, inputs: { vae } });
  const seen: Look[] = [];
  for (const batches of looks) {
    await train(
      { ...request, engine },
      (done, stop) => done === batches && stop(),
    );
    const tensors = await readTensors(await readCurrent(folder), "weights");
    const rows = await readMetricRows(join(folder, "metrics.jsonl"));
    if (rows.length < batches) {
      throw new Error(`${rows.length} rows after ${batches} batches`);
    }
    seen.push({
      losses: rows.slice(0, batches).map(({ metrics }) => metrics[loss]!),
      weights: new Map([...tensors].map(([name, { data }]) => [name, data])),
    });
  }
  return seen;
}

function distance(
  one: ReadonlyMap<string, Float32Array>,
  other: ReadonlyMap<string, Float32Array>,
): number {
  let apart = 0;
  let size = 0;
  for (const [name, data] of other) {
    const numbers = one.get(name)!;
    data.forEach((value, at) => {
      apart += (numbers[at]! - value) ** 2;
      size += value ** 2;
    });
  }
  return Math.sqrt(apart / size);
}
