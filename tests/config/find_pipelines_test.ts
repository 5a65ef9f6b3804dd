import assert from "node:assert/strict";
import { findPipelines } from "../../lib/config/find_pipelines.ts";

Deno.test("findPipelines() finds files with a training key, broken ones too, at any depth, sorted", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/more`);
    await Deno.writeTextFile(`${folder}/z.yaml`, "training: {}\n");
    await Deno.writeTextFile(
      `${folder}/more/a.yml`,
      "training: { pipeline: [\n",
    );
    await Deno.writeTextFile(`${folder}/schedules.yaml`, "schedules: []\n");
    await Deno.writeTextFile(`${folder}/training.txt`, "training: {}\n");
    assert.deepEqual(await findPipelines(folder), [
      `${folder}/more/a.yml`,
      `${folder}/z.yaml`,
    ]);
    assert.deepEqual(await findPipelines(`${folder}/none`), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
