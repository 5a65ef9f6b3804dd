// Small real trainings behind the verdict's claims: equal arms with other seeds, and an arm whose training was cut to a tenth.
import { join } from "node:path";
import type { CompareStep, TrainStep } from "../../lib/catalog/pipeline.ts";
import type { SeedDifferences } from "../../lib/evaluation/paired_seeds.ts";
import { judgeSeeds, readDifferences } from "../../lib/matrix/seed_verdict.ts";
import { compareBody } from "../../lib/steps/compare.ts";
import {
  contextOf,
  requestOf,
  type TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";

const METRIC = "recon_l1";
const ARMS = ["treatment", "control"] as const;
const FULL_EPOCHS = 10;
/** A tenth of the training. */
const CUT_EPOCHS = 1;

const COMPARE = {
  ...{ name: "compare", task: "compare", index: 1, description: "" },
  ...{ needs: ARMS, arms: ARMS, arms_spade: [true, true] },
  permissions: { read: [], write: [], net: [], env: [] },
  retry: { attempts: 1, backoff_seconds: 1 },
  timeout_seconds: null,
  ...{ weights: "raw", dataset: "held_out", limit: null },
  ...{ baseline_dataset: null, metric: METRIC },
  ...{ bootstrap_samples: 100, pictures: 0 },
  arms_init_from: ARMS.map((arm) => ({ compressor: arm, expander: arm })),
} as unknown as CompareStep;

/** What became of one repeat of the experiment. */
export interface RepeatResult {
  /** Both arms trained alike, with seeds of their own. */
  readonly equal: ClaimedDifference;
  /** The treatment trained a tenth as long, with the control's seeds. */
  readonly cut: ClaimedDifference;
}

/** A verdict in short. */
export interface ClaimedDifference {
  readonly outcome: string;
  readonly mean: number;
  readonly half: number;
}

/** Trains and judges one repeat; every number is a function of `repeat`. */
export async function runRepeat(
  project: TinyProject,
  repeat: number,
  seeds: number,
): Promise<RepeatResult> {
  const equal: SeedDifferences[] = [];
  const cut: SeedDifferences[] = [];
  for (let index = 0; index < seeds; index++) {
    const seed = 1000 * repeat + index;
    const control = await trainArm(project, seed, FULL_EPOCHS);
    const other = await trainArm(project, seed + 500, FULL_EPOCHS);
    const short = await trainArm(project, seed, CUT_EPOCHS);
    equal.push(await difference(project, seed, other, control));
    cut.push(await difference(project, seed, short, control));
    for (const folder of [control, other, short]) {
      Deno.removeSync(folder, { recursive: true });
    }
  }
  return { equal: judge(equal), cut: judge(cut) };
}

let folders = 0;

async function trainArm(
  project: TinyProject,
  seed: number,
  epochs: number,
): Promise<string> {
  const folder = project.folder(`arm-${folders++}`);
  const step = vaeStep({
    n_epochs: epochs,
    ...{ use_ema: false, batch_size: 8 },
    optimization: {
      optimizers: { vae: { type: "AdamW", lr: 2e-3 } },
      schedulers: { vae: { type: "CosineAnnealingLR" } },
    } as TrainStep["optimization"],
    checkpoint: {
      ...vaeStep().checkpoint,
      interval_batches: 10_000,
    },
  });
  await train({ ...requestOf(project, step, { folder }), seed });
  return folder;
}

async function difference(
  project: TinyProject,
  seed: number,
  treatment: string,
  control: string,
): Promise<SeedDifferences> {
  const folder = project.folder(`compare-${folders++}`);
  const request = requestOf(project, COMPARE as unknown as TrainStep, {
    folder,
    inputs: { treatment, control },
  });
  await compareBody(contextOf({ ...request, seed }).context);
  const found = await readDifferences(folder, METRIC);
  Deno.removeSync(join(folder), { recursive: true });
  return found;
}

function judge(seeds: readonly SeedDifferences[]): ClaimedDifference {
  const judged = judgeSeeds({ metric: METRIC, arms: ARMS }, seeds);
  if (judged === null) throw new Error("A repeat needs at least two seeds");
  const { outcome, mean, interval: [low, high] } = judged;
  return { outcome, mean, half: (high - low) / 2 };
}
