// Pipelines without YAML: what the loader would give, with defaults for all that a test does not care about.
import { resolve } from "node:path";
import { TINY_MODEL } from "../train/tiny_section.ts";
import type {
  DatasetEntry,
  FolderEntry,
  Pipeline,
  ScriptStep,
  Step,
  TrainStep,
} from "../../lib/catalog/pipeline.ts";
import type { LocatedMap } from "../../lib/source/located_tree.ts";

const BASE = {
  index: 0,
  description: "",
  needs: [] as string[],
  permissions: { read: [], write: [], net: [], env: [] },
  retry: { attempts: 1, backoff_seconds: 10 },
  timeout_seconds: null,
  position: { file: "p.yaml", line: 1, column: 1, offset: 0, length: 1 },
};

const UNWRITTEN: LocatedMap = {
  kind: "map",
  place: { source: { name: "p.yaml", text: "" }, position: BASE.position },
  entries: new Map(),
};

/** A VAE step that needs nothing but its dataset. */
export function trainStep(
  name: string,
  changes: Partial<TrainStep> = {},
): TrainStep {
  const step = {
    ...BASE,
    name,
    task: "train",
    n_epochs: 3,
    max_steps: null,
    train_vae: true,
    train_spade: false,
    use_lpips: false,
    lpips_weights: null,
    gradient_accumulation_steps: 1,
    batch_size: 2,
    workers: 1,
    lr: 1e-4,
    freeze: [],
    unfreeze: [],
    frozen: [],
    trains: ["compressor", "expander"],
    components: ["compressor", "expander"],
    dataset: "icons",
    eval_dataset: null,
    init_from: {},
    decode_spade: false,
    optimization: {
      optimizers: {
        vae: { type: "AdamW", lr: 1e-4, betas: [0.9, 0.999], eps: 1e-8 },
      },
      schedulers: { vae: { type: "ConstantLR", factor: 1, total_iters: null } },
    },
    transition_on: { mode: "epoch" },
    checkpoint: {
      interval_batches: 50,
      interval_minutes: null,
      max_lost_minutes: null,
      keep_last: 2,
      keep_best: null,
    },
    ...changes,
  };
  return step as unknown as TrainStep;
}

/** A script step; `uses` is absolute here. */
export function scriptStep(
  name: string,
  uses: string,
  changes: Partial<ScriptStep> = {},
): ScriptStep {
  const step = {
    ...BASE,
    name,
    task: "script",
    uses,
    uses_path: resolve(uses),
    with: {},
  };
  return { ...step, ...changes } as unknown as ScriptStep;
}

/** A compare step of two arms. */
export function compareStep(
  name: string,
  arms: [string, string],
  dataset: string,
): Step {
  const step = {
    ...BASE,
    name,
    task: "compare",
    needs: arms,
    arms,
    dataset,
    baseline_dataset: null,
    metric: "recon_l1",
    weights: "ema",
    arms_spade: [true, false],
    arms_init_from: arms.map((arm) => ({ compressor: arm, expander: arm })),
  };
  return step as unknown as Step;
}

/** A dataset that a step makes, or the user's own in an absolute folder. */
export function dataset(
  place: { from: string } | { folder: string },
): FolderEntry {
  const from = "from" in place ? place.from : null;
  const folder = "folder" in place ? place.folder : null;
  return {
    type: "local",
    from,
    image_folder: "images",
    captions_file: "captions.tsv",
    batch_size: null,
    workers: null,
    flip: false,
    crop: "center",
    crop_scale: null,
    split: null,
    image_folder_path: folder === null ? null : `${folder}/images`,
    captions_file_path: folder === null ? null : `${folder}/captions.tsv`,
  };
}

/** A pipeline of these steps. */
export function builtPipeline(
  steps: readonly Step[],
  datasets: Readonly<Record<string, DatasetEntry>>,
  changes: Partial<Pipeline> = {},
): Pipeline {
  const pipeline = {
    file: "p.yaml",
    digest: "0".repeat(64),
    mode: "pipeline",
    name: "p",
    seed: 0,
    model: { ...TINY_MODEL, vae_dim: 32, downscales: 2 },
    data: {
      img_size: null,
      img_fit: "crop",
      reduced_min_sizes: null,
      tokenizer_name: "words",
      max_tokens: 128,
    },
    output: { output_path: "outputs", test_image_address: [] },
    text_files: { tokenizer: null, pretrained: null },
    datasets,
    steps: steps.map((step, index) => ({ ...step, index })),
    sources: {
      steps: Object.fromEntries(
        steps.map(({ name }) => [name, { own: UNWRITTEN, merged: UNWRITTEN }]),
      ),
    },
    ...changes,
  };
  return pipeline as unknown as Pipeline;
}
