// A user's project in a folder of its own: real pictures, a pipeline of tiny models, and the command line run from there.
import { cp } from "node:fs/promises";
import { join } from "node:path";
import {
  type Ended,
  finish,
  runCli,
  startCli,
  steady,
} from "../cli/cli_process.ts";
import { digestFile } from "../../lib/disk/digest.ts";
import { drawIconPictures } from "./icon_pictures.ts";

/** File name of the project's pipeline. */
export const PIPELINE = "small.yaml";

/** Side of the pictures in pixels. */
const SIDE = 16;

const TINY_MODEL = `model:
  vae_dim: 8
  latent_dim: 4
  downscales: 2
  compressor_kernel: 4
  vae_attn_layers: 1
  vae_heads: 2
  expander_up_kernel: 4
  expander_kernel: 3
  expander_dilation: 1
  rgb_dim: 16
  spade_dim: 4
  feature_maps_dim: 8
  flow_layers: 1
  flow_heads: 2
  text_embedding_dim: 8
  text_encoder: {
    vocab_size: 64,
    dim: 8,
    layers: 1,
    heads: 2,
    hidden_dim: 16,
    max_positions: 8,
    head_dim: 4,
  }
data: { max_tokens: 8 }
output: { log_interval: 2, sample_captions: [red heart] }
checkpoint: { interval_batches: 2 }
`;

const DATASETS = `    datasets:
      train: { image_folder: train, captions_file: train.tsv }
      heldout: { image_folder: heldout, captions_file: heldout.tsv }
    default_dataset: train
    defaults:
      batch_size: 4
      ema_decay: 0.9
      kl_warmup_steps: 4
      optimization: { optimizers: { vae: { type: AdamW, lr: 0.002, weight_decay: 0.01 } } }
`;

/** A train step of the VAE alone, one line of YAML; `more` are further keys. */
export function vaeStep(name: string, more = ""): string {
  return `{ name: ${name}, train_vae: true, n_epochs: 1${
    more === "" ? "" : `, ${more}`
  } }`;
}

/** A step of the plan or of the summary, as `--json` prints it. */
export interface JsonStep {
  readonly name: string;
  readonly task: string;
  readonly key: string;
  readonly action: string;
  readonly reason: string;
  readonly state: string;
  readonly folder: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly [field: string]: unknown;
}

/** A folder with pictures and a pipeline; removed when disposed. */
export class SmallProject implements AsyncDisposable {
  /** Absolute path. */
  readonly root: string;
  /** What its commands find set. */
  environment: Readonly<Record<string, string>> = {};

  private constructor(root: string) {
    this.root = root;
  }

  private static async empty(): Promise<SmallProject> {
    const made = await Deno.makeTempDir({ prefix: "fluxline-small-" });
    return new SmallProject(await Deno.realPath(made));
  }

  /** Draws the pictures and writes a pipeline of these steps. */
  static async open(...steps: readonly string[]): Promise<SmallProject> {
    const project = await SmallProject.empty();
    await drawIconPictures(project.root, SIDE);
    await project.writeSteps(...steps);
    return project;
  }

  /** A project of its own with all that this one holds, its runs too: what tests of one file share is trained once. */
  async copy(): Promise<SmallProject> {
    const project = await SmallProject.empty();
    await cp(this.root, project.root, {
      recursive: true,
      preserveTimestamps: true,
    });
    return project;
  }

  /** Replaces the steps of the pipeline. */
  async writeSteps(...steps: readonly string[]): Promise<void> {
    const list = steps.map((step) => `      - ${step}\n`).join("");
    await this.write(
      PIPELINE,
      `name: small\nseed: 3\n${TINY_MODEL}training:\n  pipeline:\n${DATASETS}    steps:\n${list}`,
    );
  }

  /** Writes a pipeline without steps: a legacy file, whose flat keys are the `training` section. */
  async writeLegacy(training: string): Promise<void> {
    const data =
      "data: { data_path: train, captions_file: train.tsv, max_tokens: 8 }";
    const sections = TINY_MODEL.replace("data: { max_tokens: 8 }", data);
    await this.write(
      "legacy.yaml",
      `name: legacy\nseed: 3\n${sections}training: ${training}\n`,
    );
  }

  /** Writes a file of the project. */
  async write(path: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await Deno.writeFile(join(this.root, path), bytes);
  }

  /** Absolute path of a file of the project. */
  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  /** Runs a command to its end, in the project's folder. */
  async run(...args: readonly string[]): Promise<Ended> {
    return await runCli(args, { cwd: this.root, env: this.environment });
  }

  /** Starts a command in the project's folder. */
  start(...args: readonly string[]): Deno.ChildProcess {
    return startCli(args, { cwd: this.root, env: this.environment });
  }

  /** Runs `train` on the pipeline; text and folders without what differs. */
  async train(...more: readonly string[]): Promise<Ended> {
    return this.masked(await this.run("train", PIPELINE, ...more));
  }

  /** Waits for a started command. */
  async finish(child: Deno.ChildProcess): Promise<Ended> {
    return this.masked(await finish(child));
  }

  /** Steps of `plan --json`, which must succeed. */
  async plan(...more: readonly string[]): Promise<JsonStep[]> {
    const ended = await this.run("plan", PIPELINE, "--json", ...more);
    if (ended.code !== 0) throw new Error(`${ended.code}: ${ended.err}`);
    return JSON.parse(ended.out).steps;
  }

  /** Absolute folder of a step's work in the folder of runs; there must be exactly one. */
  stepFolder(name: string, runs = "runs"): string {
    const store = this.path(runs, "store");
    const found = [...Deno.readDirSync(store)].filter((entry) =>
      entry.isDirectory && new RegExp(`^${name}-[0-9a-f]{16}$`).test(entry.name)
    );
    if (found.length !== 1) {
      throw new Error(`${found.length} folders of step "${name}" in ${store}`);
    }
    return join(store, found[0]!.name);
  }

  private masked({ code, out, err }: Ended): Ended {
    const mask = (text: string) =>
      steady(text.replaceAll(this.root, "PROJECT"), "PROJECT/runs");
    return { code, out: mask(out), err: mask(err) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** SHA-256 of all that a resumed run must have as an undisturbed one: every file of the current generation, and the metrics. */
export async function digestsOf(
  folder: string,
): Promise<Record<string, string>> {
  const { current } = JSON.parse(
    await Deno.readTextFile(join(folder, "checkpoint.json")),
  );
  const digests: Record<string, string> = {};
  const generation = join(folder, current.folder);
  const files = [...Deno.readDirSync(generation)].map((entry) => entry.name);
  for (const name of files.sort()) {
    digests[name] = (await digestFile(join(generation, name))).sha256;
  }
  const { sha256 } = await digestFile(join(folder, "metrics.jsonl"));
  return { ...digests, "metrics.jsonl": sha256 };
}

/** The current generation's state.json. */
export async function savedState(
  folder: string,
): Promise<Record<string, unknown>> {
  const { current } = JSON.parse(
    await Deno.readTextFile(join(folder, "checkpoint.json")),
  );
  const path = join(folder, current.folder, "state.json");
  return JSON.parse(await Deno.readTextFile(path));
}

/** What `train` printed without reports of progress, which depend on the clock, and without measured numbers. */
export function story(out: string): string {
  return out.split("\n")
    .filter((line) => !/^\[\d+\/\d+\] \w+: \w+ (epoch )?\d+\/\d+/.test(line))
    .filter((line) => !line.includes(" | saving took "))
    .join("\n")
    .replaceAll(
      / {2}[-\d.e]+ to [-\d.e]+ {2}(\d+) {2}(\d+) {2}[\d.]+ % {2}(.*) {2}\d+, [\d.]+ \w+$/gm,
      "  LOSSES  $1  $2  WAIT  $3  FILES",
    )
    .replaceAll(/\b(\w+) -?\d+\.\d+(e[+-]\d+)?(?!\w)/g, "$1 NUMBER");
}

/** `name: action, reason` of every step. */
export function actionsOf(steps: readonly JsonStep[]): string[] {
  return steps.map(({ name, action, reason }) =>
    `${name}: ${action}, ${reason}`
  );
}
