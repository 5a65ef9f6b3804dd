// FF1 to FF9, inverted: the original hands out placeholders and then its data from the start; here the cursor seeks.
import assert from "node:assert/strict";
import { type Batch, BatchStream } from "../../lib/data/batch_stream.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { openPictures } from "../data/open_pictures.ts";
import { type PictureFolder, pictureFolder } from "../data/picture_folder.ts";
import {
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";

await startEngine("wasm");

/** The original's fixture has eleven items. */
const ITEMS = 11;

async function streamOf(folder: PictureFolder): Promise<BatchStream> {
  const dataset = await openPictures(folder);
  return new BatchStream(dataset, { batchSize: 1, seed: 3, maxBatches: null });
}

/** Pictures of an epoch from a batch on. */
async function readFrom(
  stream: BatchStream,
  epoch: number,
  from: number,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let batch = from; batch < stream.batchesPerEpoch; batch++) {
    batches.push(await stream.read(epoch, batch));
  }
  return batches;
}

function indicesOf(batches: readonly Batch[]): number[] {
  return batches.flatMap(({ indices }) => [...indices]);
}

Deno.test("FF1, FF2: after five of eleven come the other six, at once, and nothing twice", async () => {
  using folder = pictureFolder(ITEMS);
  const whole = await readFrom(await streamOf(folder), 0, 0);
  const rest = await readFrom(await streamOf(folder), 0, 5);
  assert.equal(rest.length, 6);
  assert.deepEqual(rest, whole.slice(5));
  assert.deepEqual(indicesOf(whole).toSorted((a, b) => a - b), [
    ...Array(ITEMS).keys(),
  ]);
});

Deno.test("FF3, FF6: a stream that is read from the middle has the length and the numbers of the whole one", async () => {
  using folder = pictureFolder(ITEMS);
  const stream = await streamOf(folder);
  assert.equal((await readFrom(stream, 0, 5)).length, 6);
  assert.equal(stream.batchesPerEpoch, ITEMS);
});

Deno.test("FF4: a place behind the last batch is refused, never served from the start", async () => {
  using folder = pictureFolder(ITEMS);
  const stream = await streamOf(folder);
  await assert.rejects(stream.read(0, ITEMS), /Cannot read batch 11 of 11/);
});

Deno.test("FF5: going on from batch zero is starting", async () => {
  using folder = pictureFolder(ITEMS);
  const [first] = await readFrom(await streamOf(folder), 0, 0);
  assert.deepEqual(await (await streamOf(folder)).read(0, 0), first);
});

Deno.test("FF7: the epoch after a resumed one is whole, in its own order", async () => {
  using folder = pictureFolder(ITEMS);
  const whole = await streamOf(folder);
  const resumed = await streamOf(folder);
  await readFrom(resumed, 0, 5);
  const next = await readFrom(resumed, 1, 0);
  assert.equal(next.length, ITEMS);
  assert.deepEqual(next, await readFrom(whole, 1, 0));
  assert.notDeepEqual(indicesOf(next), indicesOf(await readFrom(whole, 0, 0)));
});

Deno.test("FF9: an epoch of one batch is stopped behind it and goes on in the next epoch", async () => {
  using project = new TinyProject(2);
  const step = vaeStep({ n_epochs: 3 });
  const whole = project.folder("whole");
  await train(requestOf(project, step, { folder: whole }));
  const folder = project.folder("stopped");
  const request = requestOf(project, step, { folder });
  await train(request, (done, stop) => done === 1 && stop());
  const { logs, outcome } = await train(request);
  assert.equal(outcome, "done");
  const place = "continues at epoch 2, batch 1 of 1";
  assert.ok(logs.includes(place), logs.join("\n"));
  assert.deepEqual(stateOf(folder), stateOf(whole));
});
