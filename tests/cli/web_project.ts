// A pipeline over tar shards of a server on loopback, for tests that start the real command line.
import assert from "node:assert/strict";
import { join } from "node:path";
import { samples, tarOf } from "../shards/made_shard.ts";
import { type ShardServer, startShardServer } from "../shards/shard_server.ts";
import { ROOT } from "./cli_process.ts";

/** What the server wants. */
export const TOKEN = "hf_loopback_secret_4711";

/** A pipeline over the shards of a server. */
export interface Project {
  readonly folder: string;
  readonly server: ShardServer;
  /** Starts `cli.ts train`, with the token in the environment. */
  start(runs: string, ...more: string[]): Deno.ChildProcess;
  train(
    runs: string,
    ...more: string[]
  ): Promise<{ readonly code: number; readonly text: string }>;
}

const MODEL =
  "{ vae_dim: 8, latent_dim: 4, downscales: 2, compressor_kernel: 4, vae_attn_layers: 1, vae_heads: 2, expander_up_kernel: 4, expander_kernel: 3, expander_dilation: 1, rgb_dim: 16, spade_dim: 4 }";

/** The pipeline, over the shards of `origin`. */
export function pipelineText(origin: string): string {
  return [
    "seed: 3",
    `model: ${MODEL}`,
    "data: { dataloader_max_retries: 1, dataloader_retry_delay: 0.1 }",
    "output: { log_interval: 1, checkpoint_save_interval: 1, no_samples: true }",
    "training:",
    "  pipeline:",
    "    datasets:",
    `      web: { type: webdataset, webdataset_url: "${origin}/s-{0..1}.tar", webdataset_token: "\${WEB_TOKEN}" }`,
    "    default_dataset: web",
    "    defaults: { train_vae: true, batch_size: 4, n_epochs: 2 }",
    "    steps:",
    "      - { name: vae, lr: 1e-3 }",
    "",
  ].join("\n");
}

/** Runs `act` in a folder of its own; at its end no file there may hold the token. */
export async function withProject(
  act: (project: Project) => Promise<void>,
): Promise<void> {
  await using server = startShardServer();
  const folder = Deno.makeTempDirSync();
  try {
    server.files.set("/s-0.tar", await tarOf(samples(0, 6)));
    server.files.set("/s-1.tar", await tarOf(samples(6, 5)));
    server.token = TOKEN;
    const file = join(folder, "web.yaml");
    Deno.writeTextFileSync(file, pipelineText(server.origin));
    const start = (runs: string, ...more: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "-A", `${ROOT}/cli.ts`, "train"],
          ...[more.find((one) => one.endsWith(".yaml")) ?? file],
          ...["--runs", join(folder, runs), "--engine", "wasm"],
          ...more.filter((one) => !one.endsWith(".yaml")),
        ],
        cwd: folder,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        env: {
          NO_COLOR: "1",
          FLUXLINE_CACHE: `${ROOT}/runs/no-cache`,
          WEB_TOKEN: TOKEN,
        },
      }).spawn();
    const train = async (runs: string, ...more: string[]) => {
      const { code, stdout, stderr } = await start(runs, ...more).output();
      const decoder = new TextDecoder();
      const text = decoder.decode(stdout) + decoder.decode(stderr);
      assert.doesNotMatch(text, new RegExp(TOKEN));
      return { code, text };
    };
    await act({ folder, server, start, train });
    refuseToken(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** No file that fluxline wrote may hold the token. */
function refuseToken(folder: string): void {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) refuseToken(path);
    else if (entry.isFile) {
      const text = new TextDecoder("latin1").decode(Deno.readFileSync(path));
      assert.ok(!text.includes(TOKEN), path);
    }
  }
}
