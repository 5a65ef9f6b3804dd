// Pictures that a VAE step leaves to be looked at.
import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import { startEngine } from "../../lib/engines/engine.ts";
import { StepFailure } from "../../lib/error/failure.ts";
import type { OutputSection } from "../../lib/catalog/pipeline.ts";
import { requestOf, TinyProject, train, vaeStep } from "./tiny_step.ts";

await startEngine("wasm");

function withOutput(
  project: TinyProject,
  output: Partial<OutputSection>,
): Parameters<typeof train>[0] {
  const folder = project.folder("vae");
  const request = requestOf(project, vaeStep({ n_epochs: 1 }), { folder });
  return { ...request, output: { ...request.output, ...output } };
}

function samplesOf(request: { readonly folder: string }): string[] {
  const entries = Deno.readDirSync(join(request.folder, "samples"));
  return [...entries].map((entry) => entry.name).sort();
}

Deno.test("trainBody() draws originals over reconstructions, and the user's own test pictures", async () => {
  using project = new TinyProject();
  const request = withOutput(project, {
    samples_per_checkpoint: 1,
    test_image_address: [join(project.images, "3.png")],
  });
  const { pictures } = await train(request);
  assert.deepEqual(samplesOf(request), [
    "00000002-reconstructions.png",
    "00000002-test-1.png",
    "00000004-reconstructions.png",
    "00000004-test-1.png",
  ]);
  assert.equal(pictures.length, 4);
  const grid = decode(Deno.readFileSync(pictures[0]!));
  // Seven pictures of 8 pixels, three times as large, with gaps of 4; two rows.
  assert.deepEqual([grid.width, grid.height], [7 * 28 + 4, 2 * 28 + 4]);
});

Deno.test("trainBody() draws nothing with no_samples", async () => {
  using project = new TinyProject();
  const request = withOutput(project, {
    samples_per_checkpoint: 1,
    no_samples: true,
  });
  assert.deepEqual((await train(request)).pictures, []);
});

Deno.test("trainBody() refuses test pictures whose sides cannot be halved often enough", async () => {
  using project = new TinyProject(3);
  using odd = new TinyProject(1, 6);
  const picture = join(odd.images, "0.png");
  const request = withOutput(project, {
    samples_per_checkpoint: 1,
    test_image_address: [picture],
  });
  await assert.rejects(train(request), (error) => {
    assert.ok(error instanceof StepFailure);
    assert.equal(
      error.message,
      `Cannot use pictures of test picture "${picture}": they are 6x6, wanted sides that are multiples of 4`,
    );
    return true;
  });
});
