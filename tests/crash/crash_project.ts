// A project that trains in milliseconds, whose runs are disturbed; and the bytes that a disturbed run must end with.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pipeline } from "../../lib/catalog/pipeline.ts";
import {
  loadPipeline,
  PipelineRefused,
} from "../../lib/config/load_pipeline.ts";
import { digestFile, sha256Hex } from "../../lib/disk/digest.ts";
import type { DiskTest } from "../../lib/disk/disk_test.ts";
import { load, run } from "../../mod.ts";
import { type Ended, finish, startCli } from "../cli/cli_process.ts";
import { pictureBytes } from "../data/picture_folder.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const PICTURES = 5;
const SIDE = 4;

const HEAD = `name: crash
seed: 5
model:
  vae_dim: 2
  latent_dim: 1
  downscales: 1
  compressor_kernel: 4
  vae_attn_layers: 1
  vae_heads: 1
  expander_up_kernel: 4
  expander_kernel: 3
  expander_dilation: 1
  rgb_dim: 16
  spade_dim: 2
  feature_maps_dim: 4
  flow_layers: 1
  flow_heads: 1
  text_embedding_dim: 4
  text_encoder: { vocab_size: 16, dim: 4, layers: 1, heads: 1, hidden_dim: 8, max_positions: 4, head_dim: 4 }
data: { max_tokens: 4 }
output: { log_interval: 1, sample_captions: [one] }
checkpoint: { interval_batches: 1, keep_last: 1 }
training:
  pipeline:
    datasets:
      squares: { image_folder: pictures, captions_file: pictures.tsv }
    default_dataset: squares
    defaults:
      batch_size: 3
      ema_decay: 0.9
      optimization: { optimizers: { vae: { type: AdamW, lr: 0.002 } } }
    steps:
`;

/**
 * The pipeline of the sweep: a user's task before a train step of two updates, the second of which replaces the first's checkpoint
 * and shares its frozen weights.
 */
const SWEPT_STEPS: readonly string[] = [
  "{ name: words, task: script, uses: count_words.ts }",
  "{ name: vae_warmup, needs: [words], train_spade: true, n_epochs: 1 }",
];

/** A folder with pictures and a pipeline, whose runs may lie in many folders; removed when disposed. */
export class CrashProject implements AsyncDisposable {
  /** Absolute. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async open(
    steps: readonly string[] = SWEPT_STEPS,
  ): Promise<CrashProject> {
    const made = await Deno.makeTempDir({ prefix: "fluxline-crash-" });
    const project = new CrashProject(await Deno.realPath(made));
    await Deno.mkdir(join(project.root, "pictures"));
    const lines: string[] = [];
    for (let index = 0; index < PICTURES; index++) {
      const name = `${index}.png`;
      const bytes = pictureBytes(index * 40, SIDE, SIDE);
      await Deno.writeFile(join(project.root, "pictures", name), bytes);
      lines.push(`${name}\tsquare ${index}\n`);
    }
    await Deno.writeTextFile(
      join(project.root, "pictures.tsv"),
      lines.join(""),
    );
    const task = await Deno.readTextFile(join(HERE, "tasks", "count_words.ts"));
    const library = fileURLToPath(new URL("../../mod.ts", import.meta.url));
    await Deno.writeTextFile(
      join(project.root, "count_words.ts"),
      task.replace("../../../mod.ts", library),
    );
    const list = steps.map((step) => `      - ${step}\n`).join("");
    await Deno.writeTextFile(join(project.root, "crash.yaml"), HEAD + list);
    return project;
  }

  /** Starts `train` with its runs in the folder `runs` of the project. */
  start(
    runs: string,
    diskTest?: DiskTest,
    ...more: string[]
  ): Deno.ChildProcess {
    const test = diskTest === undefined
      ? []
      : ["--disk-test", JSON.stringify(diskTest)];
    const args = ["train", "crash.yaml", "--runs", runs, ...test, ...more];
    return startCli(args, { cwd: this.root });
  }

  /** Starts `train` with variables in its environment. */
  startMarked(
    runs: string,
    env: Readonly<Record<string, string>>,
    ...more: string[]
  ): Deno.ChildProcess {
    const args = ["train", "crash.yaml", "--runs", runs, ...more];
    return startCli(args, { cwd: this.root, env });
  }

  /** Runs `train` to its end. */
  async train(
    runs: string,
    diskTest?: DiskTest,
    ...more: string[]
  ): Promise<Ended> {
    return await finish(this.start(runs, diskTest, ...more));
  }

  /**
   * Runs `train` to its end by the library, in this process, which spares the start of another; null where all went well.
   * The process must work in the project's folder, where relative paths start.
   */
  async goOn(runs: string): Promise<string | null> {
    const pipeline = await load("crash.yaml");
    const { outcome, steps } = await run(pipeline, {
      runsDir: runs,
    });
    if (outcome === "done" || outcome === "nothing_to_do") return null;
    return `${outcome}: ${
      steps.map(({ name, state, failure }) =>
        `${name} ${state} ${failure?.message ?? ""}`
      ).join("; ")
    }`;
  }

  /** The checked pipeline, wherever this process works. */
  async pipeline(): Promise<Pipeline> {
    const data = "training.pipeline.datasets.squares";
    const loaded = await loadPipeline(this.path("crash.yaml"), {
      overrides: [
        `${data}.image_folder=${this.path("pictures")}`,
        `${data}.captions_file=${this.path("pictures.tsv")}`,
      ],
    });
    if (!loaded.ok) throw new PipelineRefused("crash.yaml", loaded.diagnostics);
    return loaded.value;
  }

  /** Absolute path inside the project. */
  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/**
 * SHA-256 of all that must not depend on disturbances, by `step/file`: tensors, state and metrics of train steps, the output and
 * the samples of all. A step without a marker fails.
 */
export async function outcomeOf(
  runs: string,
): Promise<Record<string, string>> {
  const store = join(runs, "store");
  const outcome: Record<string, string> = {};
  const folders = [...Deno.readDirSync(store)].filter((entry) =>
    entry.isDirectory && /-[0-9a-f]{16}$/.test(entry.name)
  );
  for (const { name } of folders.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const folder = join(store, name);
    const marker = JSON.parse(
      await Deno.readTextFile(join(folder, "complete.json")),
    );
    for (const { path } of marker.files as { path: string }[]) {
      const kept = await digestOf(folder, path);
      if (kept !== null) outcome[`${name}/${kept.name}`] = kept.sha256;
    }
    outcome[`${name}/result`] = sha256Hex(JSON.stringify(marker.result));
  }
  return outcome;
}

/** What of a file counts: older generations and checkpoint.json tell of the disturbances and do not. */
async function digestOf(
  folder: string,
  path: string,
): Promise<{ readonly name: string; readonly sha256: string } | null> {
  if (["request.json", "checkpoint.json"].includes(path)) return null;
  if (!path.startsWith("checkpoints/")) {
    return { name: path, ...await digestFile(join(folder, path)) };
  }
  const { current } = JSON.parse(
    await Deno.readTextFile(join(folder, "checkpoint.json")),
  );
  if (!path.startsWith(`${current.folder}/`)) return null;
  const name = `current/${path.slice(current.folder.length + 1)}`;
  return { name, ...await digestFile(join(folder, path)) };
}
