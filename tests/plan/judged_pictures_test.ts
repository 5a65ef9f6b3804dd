// Pictures too small for a discriminator are refused by the plan, at the key that decides.
import assert from "node:assert/strict";
import { join } from "node:path";
import { PipelineRefused } from "../../lib/config/pipeline_refused.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { loadedFrom } from "../config/refusals.ts";
import { pictureBytes } from "../data/picture_folder.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "../store/stored_step.ts";

Deno.test("planPipeline() refuses pictures that the discriminator cannot halve, each size once, and plans larger ones", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, {
      "images/a.png": pictureBytes(0, 8, 16),
      "images/b.png": pictureBytes(1, 8, 16),
      "images/c.png": pictureBytes(2, 16, 16),
      "captions.tsv": "a.png\ta\nb.png\tb\nc.png\tc\n",
    });
    const text = (depth: number) =>
      `model: { downscales: 2, disc_depth: ${depth} }\n` +
      `data: { data_path: "${folder}/images", captions_file: "${folder}/captions.tsv" }\n` +
      "training: { lr: 1e-3, pipeline: { steps: [\n" +
      " { name: vae, n_epochs: 1, train_vae: true },\n" +
      " { name: gan, n_epochs: 1, train_vae: true, gan_training: true } ] } }\n";
    const runsDir = join(folder, "runs");
    await assert.rejects(
      planPipeline(await loadedFrom(text(4)), { runsDir }),
      (error: unknown) => {
        assert.ok(error instanceof PipelineRefused, String(error));
        const found = error.diagnostics.map(({ position, message, hint }) =>
          `${position.line}:${position.column} ${message}; ${hint}`
        );
        assert.deepEqual(found.map((one) => one.replace(/8x16|16x8/, "SIZE")), [
          `1:37 Cannot judge pictures of SIZE: the discriminator halves them 4 times, wanted sides of 16 or more (step "gan", dataset "default"); Write "model.disc_depth: 3" or less, or train on larger pictures`,
        ]);
        return true;
      },
    );
    const plan = await planPipeline(await loadedFrom(text(3)), { runsDir });
    assert.equal(plan.steps.length, 2);
  });
});
