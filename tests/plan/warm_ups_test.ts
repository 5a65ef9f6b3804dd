// A warm-up as long as its step is refused before anything starts: by validate where max_steps tells the length, else by plan.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  loadPipeline,
  PipelineRefused,
} from "../../lib/config/load_pipeline.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { pictureFolder } from "../data/picture_folder.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

/** 7 pictures in batches of 2, three epochs: 12 updates. */
function pipelineOf(
  { imageFolder, captionsFile }: {
    readonly imageFolder: string;
    readonly captionsFile: string;
  },
  warmUp: number,
  more = "",
): string {
  const scheduler = `{ type: StepLR, step_size: 5, warmup_steps: ${warmUp} }`;
  const step = (name: string, mode: string, network: string) =>
    `      - { name: ${name}, ${mode}: true, n_epochs: 3, lr: 1e-3, optimization: { schedulers: { ${network}: ${scheduler} } }${more} }\n`;
  return `model: { downscales: 2 }\ndata: { data_path: ${imageFolder}, captions_file: ${captionsFile} }\n` +
    `training:\n  pipeline:\n    steps:\n` +
    step("vae", "train_vae", "vae") + step("flow", "train_diff", "flow");
}

async function refusalOf(text: string, runsDir: string): Promise<string[]> {
  const loaded = await loadPipeline("p.yaml", {
    readText: () => Promise.resolve(text),
  });
  if (!loaded.ok) return loaded.diagnostics.map(({ message }) => message);
  try {
    await planPipeline(loaded.value, { runsDir });
    return [];
  } catch (error) {
    assert(error instanceof PipelineRefused);
    return error.diagnostics.map(({ position, message }) =>
      `${position.line}:${position.column} ${message}`
    );
  }
}

Deno.test("planPipeline() refuses warm-ups as long as their steps, all at once and at their places", async () => {
  using pictures = pictureFolder(7);
  await withTemporaryFolder(async (folder) => {
    const runs = join(folder, "runs");
    assert.deepEqual(await refusalOf(pipelineOf(pictures, 11), runs), []);
    const reason = (updates: number, warmUp: number) =>
      `its scheduler's "warmup_steps" is ${warmUp}, but the step makes at most ${updates} updates`;
    assert.deepEqual(await refusalOf(pipelineOf(pictures, 12), runs), [
      `6:141 Cannot train "vae" in step "vae": ${reason(12, 12)}`,
      `7:144 Cannot train "flow" in step "flow": ${reason(12, 12)}`,
    ]);
    // Two updates an epoch: of three batches, and of the last one.
    const gathered = ", gradient_accumulation_steps: 3";
    assert.deepEqual(
      (await refusalOf(pipelineOf(pictures, 6, gathered), runs)).length,
      2,
    );
    const limited = ", max_steps: 3, gradient_accumulation_steps: 2";
    assert.deepEqual(await refusalOf(pipelineOf(pictures, 6, limited), runs), [
      `Cannot train "vae" in step "vae": ${reason(6, 6)}`,
      `Cannot train "flow" in step "flow": ${reason(6, 6)}`,
    ]);
    assert.deepEqual(
      await refusalOf(pipelineOf(pictures, 5, limited), runs),
      [],
    );
  });
});
