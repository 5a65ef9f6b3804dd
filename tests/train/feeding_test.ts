// How a train step is fed: threads change nothing but time, held-out pictures are never trained on, crops change what is learned.
import assert from "node:assert/strict";
import { join } from "node:path";
import { partPlaces, readContents } from "../../lib/data/dataset_part.ts";
import { openImageTextFolder } from "../../lib/data/image_text_folder.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import type {
  FolderDataset,
  StepRequest,
} from "../../lib/store/step_request.ts";
import { tf } from "../../lib/tensor/tf.ts";
import {
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

/** The request with other views of its datasets. */
function seen(
  request: StepRequest,
  views: Readonly<Record<string, Partial<FolderDataset>>>,
): StepRequest {
  const datasets = Object.fromEntries(
    Object.entries(request.datasets).map(([name, dataset]) => [
      name,
      { ...dataset, ...views[name] } as FolderDataset,
    ]),
  );
  return { ...request, datasets };
}

Deno.test("trainBody() ends with the same bytes for any number of workers, stopped half-way too, and leaks no tensor", async () => {
  using project = new TinyProject();
  const views = {
    train: { crop: "random", crop_scale: 0.5, flip: true },
  } as const;
  const requestIn = (folder: string, workers: number) =>
    seen(requestOf(project, vaeStep({ workers }), { folder }), views);
  const before = tf.memory().numTensors;
  const alone = project.folder("alone");
  await train(requestIn(alone, 0));
  for (const workers of [1, 3]) {
    const folder = project.folder(`threads-${workers}`);
    await train(
      requestIn(folder, workers),
      (done, stop) => done === 3 && stop(),
    );
    assert.equal((await train(requestIn(folder, workers))).outcome, "done");
    assert.deepEqual(stateOf(folder), stateOf(alone));
  }
  assert.equal(tf.memory().numTensors, before);
  const plain = project.folder("plain");
  await train(requestOf(project, vaeStep(), { folder: plain }));
  assert.notDeepEqual(
    stateOf(plain)["weights.safetensors"],
    stateOf(alone)["weights.safetensors"],
  );
});

Deno.test("trainBody() of a split dataset trains on what is not held out, to the bytes of a folder without it, and measures on the rest", async () => {
  using project = new TinyProject(12);
  const source = await openImageTextFolder({
    imageFolder: project.images,
    captionsFile: project.captions,
  });
  const contents = await readContents(source);
  const choice = { share: 0.4, seed: 5 };
  const held = partPlaces(contents, { ...choice, part: "holdout" });
  assert.ok(held.length > 0 && held.length < 12);
  const step = vaeStep({ eval_dataset: "held_out", n_epochs: 1 });
  const lines = Deno.readTextFileSync(project.captions).trimEnd().split("\n");
  const listOf = (name: string, wanted: (place: number) => boolean) => {
    const path = join(project.root, `${name}.tsv`);
    const kept = lines.filter((_, place) => wanted(place));
    Deno.writeTextFileSync(path, kept.map((line) => `${line}\n`).join(""));
    return { captionsFile: path };
  };
  const lists = seen(
    requestOf(project, step, { folder: project.folder("lists") }),
    {
      train: listOf("trained", (place) => !held.includes(place)),
      held_out: listOf("held", (place) => held.includes(place)),
    },
  );
  await train(lists);
  const split = seen(
    requestOf(project, step, { folder: project.folder("split") }),
    {
      train: { split: { share: choice.share, part: "training" } },
      held_out: { split: { share: choice.share, part: "holdout" } },
    },
  );
  await train(split);
  assert.deepEqual(stateOf(split.folder), stateOf(lists.folder));
  const rows = await readMetricRows(join(split.folder, "metrics.jsonl"));
  assert.ok(rows.some((row) => row.metrics["val_recon_l1"] !== undefined));
});

Deno.test("trainBody() fails where a part of a split dataset is empty", async () => {
  using project = new TinyProject(2);
  const step = vaeStep({ eval_dataset: "held_out" });
  const request = seen(
    requestOf(project, step, { folder: project.folder("none") }),
    { held_out: { split: { share: 1e-9, part: "holdout" } } },
  );
  await assert.rejects(
    train(request),
    /Cannot use dataset "held_out": none of its 0 samples can be read/,
  );
});
