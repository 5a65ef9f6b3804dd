// Builds small train steps for tests: pictures, captions, a request, and a context that can stop or crash at a batch.
import { join } from "node:path";
import { encode } from "fast-png";
import type { GenerateStep, TrainStep } from "../../lib/catalog/pipeline.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import { EMBEDDED_ENGINE } from "../../lib/engine_setup/engine_choice.ts";
import { trainBody } from "../../lib/steps/train.ts";
import type { StepContext, StepResult } from "../../lib/steps/step_context.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import type { ProgressUpdate } from "../../lib/worker/step_message.ts";
import { TINY_MODEL } from "./tiny_section.ts";

export { TINY_MODEL };

const NAMES = ["red", "green", "blue", "dark", "light", "mixed", "grey"];

/** A folder with pictures and captions, and room for step folders; removed when disposed. */
export class TinyProject implements Disposable {
  readonly root: string;
  readonly images: string;
  readonly captions: string;
  readonly size: number;

  constructor(size = 7, side = 8) {
    this.root = Deno.makeTempDirSync({ prefix: "fluxline-train-" });
    this.images = join(this.root, "images");
    this.captions = join(this.root, "captions.tsv");
    this.size = size;
    Deno.mkdirSync(this.images);
    const lines: string[] = [];
    for (let index = 0; index < size; index++) {
      const name = `${index}.png`;
      Deno.writeFileSync(join(this.images, name), picture(index, side));
      lines.push(`${name}\ta ${NAMES[index % NAMES.length]} square ${index}\n`);
    }
    Deno.writeTextFileSync(this.captions, lines.join(""));
  }

  folder(name: string): string {
    const path = join(this.root, "store", name);
    Deno.mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

function picture(index: number, side: number): Uint8Array {
  const data = new Uint8Array(side * side * 3);
  for (let at = 0; at < side * side; at++) {
    const x = at % side, y = Math.floor(at / side);
    data[at * 3] = (index * 37 + (x < side / 2 ? 90 : 10)) % 256;
    data[at * 3 + 1] = (index * 91 + (y < side / 2 ? 120 : 20)) % 256;
    data[at * 3 + 2] = (index * 53 + (x + y) * 9) % 256;
  }
  return encode({ width: side, height: side, channels: 3, depth: 8, data });
}

/** A VAE step; `changes` replaces keys. */
export function vaeStep(changes: Partial<TrainStep> = {}): TrainStep {
  const step = {
    name: "vae",
    index: 0,
    description: "",
    task: "train",
    needs: [],
    permissions: { read: [], write: [], net: [], env: [] },
    retry: { attempts: 1, backoff_seconds: 1 },
    timeout_seconds: null,
    n_epochs: 2,
    max_steps: null,
    train_vae: true,
    gan_training: false,
    use_lpips: false,
    lpips_weights: null,
    lambda_lpips: 0.1,
    gradient_accumulation_steps: 1,
    skip_limit: 3,
    timestep_sampling: null,
    flow_loss_type: "mse",
    train_spade: true,
    train_diff: false,
    train_diff_full: false,
    use_ema: true,
    ema_decay: 0.99,
    freeze: [],
    unfreeze: [],
    trains: ["compressor", "expander"],
    frozen: [],
    components: ["compressor", "expander"],
    dataset: "train",
    eval_dataset: null,
    eval_interval_epochs: 1,
    batch_size: 2,
    workers: 1,
    lr: null,
    lr_min: 0.1,
    use_fp16: false,
    initial_clipping_norm: 1,
    cfg_dropout_prob: 0,
    kl_beta: 1e-3,
    kl_warmup_steps: 4,
    kl_free_bits: 0,
    mse_weight: 0.1,
    init_from: {},
    decode_spade: true,
    carry: { weights: "carry", optimizer: "reset", ema: "reset" },
    optimization: {
      optimizers: { vae: { type: "AdamW", lr: 1e-3 } },
      schedulers: { vae: { type: "CosineAnnealingLR" } },
    },
    transition_on: { mode: "epoch" },
    checkpoint: {
      interval_batches: 2,
      interval_minutes: null,
      max_lost_minutes: null,
      keep_last: 2,
      keep_best: null,
    },
  };
  return { ...step, ...changes } as unknown as TrainStep;
}

/** A flow step on a VAE of the step "vae". */
export function flowStep(changes: Partial<TrainStep> = {}): TrainStep {
  return vaeStep({
    name: "flow",
    index: 1,
    needs: ["vae"],
    train_vae: false,
    train_spade: false,
    train_diff: true,
    trains: ["flow_processor"],
    frozen: ["compressor", "expander", "text_encoder"],
    components: ["compressor", "expander", "flow_processor", "text_encoder"],
    init_from: { compressor: "vae", expander: "vae" },
    cfg_dropout_prob: 0.3,
    optimization: {
      optimizers: { flow: { type: "AdamW", lr: 1e-3 } },
      schedulers: { flow: { type: "CosineAnnealingLR" } },
    } as TrainStep["optimization"],
    ...changes,
  });
}

/** A request around a step. */
export function requestOf(
  project: TinyProject,
  step: TrainStep | GenerateStep,
  options: { folder: string; inputs?: Record<string, string> },
): StepRequest {
  const dataset = {
    type: "local",
    from: null,
    image_folder: project.images,
    captions_file: project.captions,
    batch_size: null,
    workers: null,
    flip: false,
    crop: "center",
    crop_scale: null,
    split: null,
    image_folder_path: project.images,
    captions_file_path: project.captions,
    imageFolder: project.images,
    captionsFile: project.captions,
  } as const;
  return {
    version: 1,
    pipeline: "tiny.yaml",
    run: "tiny",
    step: { name: step.name, index: step.index, count: 3 },
    task: step.task,
    key: "0123456789abcdef",
    work: { step: step.name },
    options: step,
    model: TINY_MODEL,
    data: {
      img_size: null,
      img_fit: "crop",
      reduced_min_sizes: null,
      max_corrupt_share: 0.01,
      tokenizer_name: "words",
      max_tokens: 8,
      fixed_prompt_prefix: null,
    },
    output: {
      log_interval: 1,
      samples_per_checkpoint: 0,
      no_samples: false,
      sample_captions: ["a red square"],
      sample_sizes: null,
      test_image_address: [],
    },
    seed: 5,
    datasets: { train: dataset, held_out: dataset },
    folder: options.folder,
    inputs: options.inputs ?? {},
    lock: join(project.root, "lock"),
    engine: EMBEDDED_ENGINE,
    packageRoot: project.root,
    plan: { trainSteps: null },
  } as unknown as StepRequest;
}

/** What a context recorded. */
export interface Recorded {
  readonly context: StepContext;
  readonly logs: string[];
  readonly warnings: string[];
  readonly pictures: string[];
  /** Reports of progress, oldest first. */
  readonly updates: ProgressUpdate[];
}

/** Told at each trained batch; may abort or throw. */
export type BatchWatcher = (done: number, stop: () => void) => void;

/** A context that records, and tells `onBatch` of every trained batch. */
export function contextOf(
  request: StepRequest,
  onBatch: BatchWatcher = () => {},
): Recorded {
  const controller = new AbortController();
  const logs: string[] = [];
  const warnings: string[] = [];
  const pictures: string[] = [];
  const updates: ProgressUpdate[] = [];
  let last = -1;
  const context: StepContext = {
    request,
    folder: request.folder,
    inputs: request.inputs,
    secrets: {},
    takeCheckpointWish: () => false,
    signal: controller.signal,
    log: (text, level = "info") =>
      (level === "warning" ? warnings : logs).push(text),
    progress(update) {
      updates.push(update);
      if (update.phase !== "train" || update.done === last) return;
      const isFirst = last < 0;
      last = update.done;
      // The first report tells where the step stands, not that a batch was trained.
      if (!isFirst) onBatch(update.done, () => controller.abort());
    },
    picture: (path) => pictures.push(path),
    saved: () => {},
  };
  return { context, logs, warnings, pictures, updates };
}

/** Trains a step to its end. */
export async function train(
  request: StepRequest,
  onBatch?: BatchWatcher,
): Promise<StepResult & Recorded> {
  const recorded = contextOf(request, onBatch);
  return { ...await trainBody(recorded.context), ...recorded };
}

/** State and metric log as text, and the digest of each file of tensors: a difference of thousands of numbers takes minutes to tell. */
export function stateOf(folder: string): Record<string, string> {
  const text = Deno.readTextFileSync(join(folder, "checkpoint.json"));
  const manifest = JSON.parse(text);
  const current = join(folder, manifest.current.folder);
  const files: Record<string, string> = {
    metrics: Deno.readTextFileSync(join(folder, "metrics.jsonl")),
    state: Deno.readTextFileSync(join(current, "state.json")),
  };
  for (const entry of Deno.readDirSync(current)) {
    if (entry.name.endsWith(".safetensors")) {
      const bytes = Deno.readFileSync(join(current, entry.name));
      files[entry.name] = sha256Hex(bytes);
    }
  }
  return files;
}
