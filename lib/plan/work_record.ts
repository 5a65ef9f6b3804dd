// The record of everything that can change a step's result; its digest is the step's key. What is left out here may change
// freely: names and descriptions, how often something is logged, sampled or saved, where things lie, how often a step is tried.
import type {
  DatasetEntry,
  Pipeline,
  ShardEntry,
  Step,
} from "../catalog/pipeline.ts";
import type { RequestedText } from "../store/step_request.ts";
import {
  BODY_VERSIONS,
  TEXT_ENCODER_VERSION,
} from "../catalog/body_versions.ts";
import type { ModuleGraph } from "./module_graph.ts";

/** Raised whenever the record below changes its meaning; every key changes with it. */
const KEY_FORMAT = 1;

/** What the record is made from, beside the step itself. */
export interface WorkParts {
  readonly pipeline: Pick<Pipeline, "seed" | "model" | "data">;
  /** Role to the key of the step that fills it. */
  readonly needs: ReadonlyMap<string, string>;
  /** Role to the dataset, with the fingerprint of data that no step makes. */
  readonly datasets: ReadonlyMap<string, WorkDataset>;
  /** Code of a script step; null for the others. */
  readonly modules: ModuleGraph | null;
  /** Files that the step's captions and text encoder start from; absent or null where it needs none. */
  readonly text?: RequestedText | null;
  /** Component to the SHA-256 of the file that it starts from; empty where none does. */
  readonly weights?: Readonly<Record<string, string>>;
  /** SHA-256 of the weights of the perceptual loss; absent where the step has none. */
  readonly lpips?: string;
}

/** One dataset of a step. */
export interface WorkDataset {
  readonly entry: DatasetEntry;
  /** Null where the key of the step in `from` stands for the data, or the addresses of shards do. */
  readonly fingerprint: string | null;
  /** Key of the step in `from`. */
  readonly fromKey: string | null;
}

const OUTSIDE_STEP = new Set([
  "name",
  "index",
  "description",
  "task",
  "needs",
  "permissions",
  "retry",
  "timeout_seconds",
  "resources",
  "position",
  "checkpoint",
  "workers",
  // How many failures are too many: a step that ends has the same result under any number.
  "skip_limit",
  // These have become other fields of the record: keys of needs, fingerprints, entries of optimizers, `trains`.
  "dataset",
  "eval_dataset",
  "baseline_dataset",
  "init_from",
  "from_files",
  "arms_init_from",
  "of",
  "from",
  "uses",
  "uses_path",
  "lpips_weights",
  "lr",
  "lr_min",
  "freeze",
  "unfreeze",
  "frozen",
]);

const OUTSIDE_MODEL = new Set(["use_gradient_checkpointing"]);

/** Sizes that only steps with a discriminator are made of. */
const DISCRIMINATOR_SIZES = ["disc_base", "disc_depth"];

/** The diffusion, which only a flow learns and is sampled with. */
const DIFFUSION = ["noise_schedule", "num_train_timesteps"];

const OUTSIDE_DATA = new Set([
  "data_path",
  "captions_file",
  "hub_dir",
  "webdataset_token",
  "tt2m_token",
  "dataloader_max_retries",
  "dataloader_retry_delay",
  "max_corrupt_share",
  // The views of the dataset that the section makes; its record has them.
  "flip",
  "crop",
  "crop_scale",
  "holdout",
]);

/** Shards are in the record as datasets; what the section says of them has stayed as it was before there were any. */
const NO_SHARDS = {
  use_webdataset: false,
  webdataset_url: null,
  webdataset_image_key: null,
  webdataset_label_key: null,
  webdataset_caption_key: null,
  webdataset_size: null,
  webdataset_samples_per_shard: null,
  use_tt2m: false,
} as const;

/** Keys that came later, with the value that changes nothing: left out with it, so that older keys stay as they are. */
const LATER_DATA = { img_fit: "crop" } as const;

/** The record; plain JSON, independent of the order of keys in the file. */
export function workRecord(
  step: Step,
  parts: WorkParts,
): Record<string, unknown> {
  const { pipeline, needs, datasets, modules, text, weights = {} } = parts;
  const common = {
    keyFormat: KEY_FORMAT,
    body: BODY_VERSIONS[step.task],
    task: step.task,
    seed: pipeline.seed,
    options: without(step, OUTSIDE_STEP),
    needs: needRecord(needs),
  };
  if (step.task === "script") return { ...common, code: modules };
  return {
    ...common,
    model: modelRecord(step, pipeline.model),
    data: {
      ...withoutDefaults(
        without(pipeline.data, OUTSIDE_DATA),
        LATER_DATA,
      ),
      ...NO_SHARDS,
      // A tokenizer of another name is known by its content, and only where it is used.
      tokenizer_name: "words",
    },
    ...(readsCaptions(step) ? { textEncoder: TEXT_ENCODER_VERSION } : {}),
    ...textRecord(text ?? null),
    ...(Object.keys(weights).length === 0 ? {} : { weights }),
    ...(parts.lpips === undefined ? {} : { lpips: parts.lpips }),
    datasets: Object.fromEntries(
      [...datasets].map(([role, set]) => [role, datasetRecord(set)]),
    ),
  };
}

/** A language model that stays as it is makes its step another one, whatever it is called and wherever it lies. */
function modelRecord(
  step: Step,
  model: WorkParts["pipeline"]["model"],
): Record<string, unknown> {
  const staysFixed = model.pretrained_bert_model !== null &&
    step.task === "train" && step.components.includes("text_encoder");
  return {
    ...without(model, outsideModel(step)),
    pretrained_bert_model: staysFixed ? "fixed" : null,
  };
}

function readsCaptions(step: Step): boolean {
  return step.task === "generate" ||
    (step.task === "train" && step.components.includes("text_encoder"));
}

function textRecord(text: RequestedText | null): Record<string, string> {
  const { tokenizer = null, pretrained = null } = text ?? {};
  return {
    ...(tokenizer === null ? {} : { tokenizer: tokenizer.sha256 }),
    ...(pretrained === null ? {} : { pretrained: pretrained.sha256 }),
  };
}

function outsideModel(step: Step): ReadonlySet<string> {
  const components = step.task === "train" ? step.components : [];
  const judges = components.includes("discriminator");
  const flows = components.includes("flow_processor") ||
    step.task === "generate";
  return new Set([
    ...OUTSIDE_MODEL,
    ...(judges ? [] : DISCRIMINATOR_SIZES),
    ...(flows ? [] : DIFFUSION),
  ]);
}

/** Steps that are only waited for have no role of their own, so their order must not matter. */
function needRecord(
  needs: ReadonlyMap<string, string>,
): Record<string, string> {
  const record: Record<string, string> = {};
  const after: string[] = [];
  for (const [role, key] of needs) {
    if (role.startsWith("after.")) after.push(key);
    else record[role] = key;
  }
  after.sort().forEach((key, index) => record[`after.${index}`] = key);
  return record;
}

function datasetRecord(
  { entry, fingerprint, fromKey }: WorkDataset,
): Record<string, unknown> {
  const { type, flip, crop, crop_scale, split } = entry;
  const view = {
    type,
    flip,
    ...(crop === "center" ? {} : { crop, crop_scale }),
    ...(split === null ? {} : { split }),
  };
  if (entry.type === "webdataset") {
    return { ...view, ...shardRecord(entry, fingerprint) };
  }
  // A user's own data are known by content wherever they lie; a step's output by its place in that output.
  const { image_folder, captions_file } = entry;
  return fromKey === null
    ? { ...view, fingerprint }
    : { ...view, from: fromKey, image_folder, captions_file };
}

/** Remote shards are known by their addresses: a plan touches no network. The step itself records what they held. */
function shardRecord(
  entry: ShardEntry,
  fingerprint: string | null,
): Record<string, unknown> {
  const { shards } = entry;
  return {
    ...(shards.kind === "remote"
      ? { addresses: shards.urls }
      : { fingerprint }),
    image_key: entry.webdataset_image_key,
    label_key: entry.webdataset_label_key,
    caption_key: entry.webdataset_caption_key,
  };
}

function withoutDefaults(
  record: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(([key, value]) =>
      !(key in defaults && defaults[key] === value)
    ),
  );
}

function without(
  record: object,
  left: ReadonlySet<string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(([key]) => !left.has(key)),
  );
}
