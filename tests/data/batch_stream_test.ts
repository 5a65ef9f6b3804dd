// Batches: each picture once per epoch, a function of (seed, epoch, batch), read from any place on.
import assert from "node:assert/strict";
import { StepFailure } from "../../lib/error/failure.ts";
import { NO_AUGMENTATION } from "../../lib/data/augmentation.ts";
import { type Batch, BatchStream } from "../../lib/data/batch_stream.ts";
import { CorruptSampleError } from "../../lib/data/corrupt_sample.ts";
import type { PictureSet } from "../../lib/data/picture_set.ts";
import { ViewTable } from "../../lib/data/view_table.ts";

/** Pictures of 2x1 pixels: the left one holds the index, the right one 200. */
function dataset(
  size: number,
  options: {
    flip?: boolean;
    broken?: number;
    corrupt?: number;
    reads?: number[];
  } = {},
): PictureSet {
  const pictureSize = { height: 1, width: 2 };
  return {
    size,
    total: size,
    sizeOf: () => pictureSize,
    views: new ViewTable(Array.from({ length: size }, () => [pictureSize])),
    corrupt: [],
    augmentation: { ...NO_AUGMENTATION, flip: options.flip ?? false },
    caption: (index) => `caption ${index}`,
    name: (index) => `${index}.png`,
    pixels(index) {
      options.reads?.push(index);
      if (index === options.corrupt) {
        const name = `${index}.png`;
        const sample = { name, place: name, reason: "it is cut off" };
        return Promise.reject(new CorruptSampleError(sample));
      }
      return index === options.broken
        ? Promise.reject(new StepFailure(`Cannot read "${index}.png"`))
        : Promise.resolve(
          Uint8Array.of(index, index, index, 200, 200, 200),
        );
    },
  };
}

async function epochOf(stream: BatchStream, epoch: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let batch = 0; batch < stream.batchesPerEpoch; batch++) {
    batches.push(await stream.read(epoch, batch));
  }
  return batches;
}

const OPTIONS = { batchSize: 4, seed: 3, maxBatches: null };

Deno.test("BatchStream reads each picture exactly once per epoch", async () => {
  for (const size of [1, 3, 4, 5, 17, 64]) {
    for (const batchSize of [1, 4, 100]) {
      const stream = new BatchStream(dataset(size), { ...OPTIONS, batchSize });
      assert.equal(stream.batchesPerEpoch, Math.ceil(size / batchSize));
      for (const epoch of [0, 1]) {
        const seen = (await epochOf(stream, epoch)).flatMap((batch) =>
          batch.indices
        );
        assert.deepEqual(
          seen.toSorted((a, b) => a - b),
          Array.from({ length: size }, (_, index) => index),
        );
      }
    }
  }
});

Deno.test("read() answers pictures, captions and indices of one another", async () => {
  const stream = new BatchStream(dataset(10), OPTIONS);
  const last = await stream.read(0, 2);
  assert.equal(last.size, 2);
  assert.deepEqual([last.height, last.width, last.images.length], [1, 2, 12]);
  last.indices.forEach((index, row) => {
    assert.equal(last.captions[row], `caption ${index}`);
    assert.equal(last.images[row * 6], Math.fround(index / 127.5 - 1));
    assert.equal(last.images[row * 6 + 5], Math.fround(200 / 127.5 - 1));
  });
});

Deno.test("read() is a function of seed, epoch and batch, from any place on", async () => {
  const whole = new BatchStream(dataset(13, { flip: true }), OPTIONS);
  const epochs = [await epochOf(whole, 0), await epochOf(whole, 1)];
  for (const epoch of [0, 1]) {
    for (let batch = 0; batch < whole.batchesPerEpoch; batch++) {
      const resumed = new BatchStream(dataset(13, { flip: true }), OPTIONS);
      assert.deepEqual(await resumed.read(epoch, batch), epochs[epoch]![batch]);
    }
  }
  const order = (batches: readonly Batch[]) =>
    batches.flatMap((batch) => batch.indices);
  assert.notDeepEqual(order(epochs[0]!), order(epochs[1]!));
  const other = new BatchStream(dataset(13), { ...OPTIONS, seed: 4 });
  assert.notDeepEqual(order(await epochOf(other, 0)), order(epochs[0]!));
});

Deno.test("the order does not depend on the batch size", async () => {
  const orders = [];
  for (const batchSize of [1, 3, 20]) {
    const stream = new BatchStream(dataset(20), { ...OPTIONS, batchSize });
    orders.push((await epochOf(stream, 2)).flatMap((batch) => batch.indices));
  }
  assert.deepEqual(orders[1], orders[0]);
  assert.deepEqual(orders[2], orders[0]);
});

Deno.test("maxBatches ends an epoch early", async () => {
  const stream = new BatchStream(dataset(20), { ...OPTIONS, maxBatches: 2 });
  assert.equal(stream.batchesPerEpoch, 2);
  await assert.rejects(stream.read(0, 2), RangeError);
  const many = new BatchStream(dataset(20), { ...OPTIONS, maxBatches: 99 });
  assert.equal(many.batchesPerEpoch, 5);
});

Deno.test("read() makes the next batch ahead, each picture once", async () => {
  const reads: number[] = [];
  const stream = new BatchStream(dataset(8, { reads }), OPTIONS);
  const first = await stream.read(0, 0);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(reads.length, 8);
  const second = await stream.read(0, 1);
  assert.deepEqual(
    reads,
    [...first.indices, ...second.indices].concat(
      reads.slice(8),
    ),
  );
});

Deno.test("begin() makes the first batch before it is asked for, and none where nothing is made ahead", async () => {
  for (const [ahead, made] of [[2, 4], [0, 0]] as const) {
    const reads: number[] = [];
    const stream = new BatchStream(dataset(8, { reads }), {
      ...OPTIONS,
      ahead,
    });
    stream.begin(0, 1);
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.equal(reads.length, made);
    const batch = await stream.read(0, 1);
    assert.deepEqual(reads.slice(0, 4), batch.indices);
  }
});

Deno.test("flip mirrors about half of the pictures, others in each epoch", async () => {
  const stream = new BatchStream(dataset(200, { flip: true }), {
    ...OPTIONS,
    batchSize: 200,
  });
  const mirrored = async (epoch: number) => {
    const { images, indices } = await stream.read(epoch, 0);
    return indices.filter((index, row) => {
      const left = Math.round((images[row * 6]! + 1) * 127.5);
      const right = Math.round((images[row * 6 + 3]! + 1) * 127.5);
      assert.deepEqual(
        [left, right].sort(),
        [index, 200].sort(),
      );
      return left === 200;
    }).toSorted((a, b) => a - b);
  };
  const [first, second] = [await mirrored(0), await mirrored(1)];
  assert.ok(first.length > 70 && first.length < 130, `${first.length}`);
  assert.notDeepEqual(first, second);
});

Deno.test("a broken picture fails the batch that holds it, and no other", async () => {
  const stream = new BatchStream(dataset(12, { broken: 5 }), OPTIONS);
  let failures = 0;
  for (let batch = 0; batch < 3; batch++) {
    try {
      const { indices } = await stream.read(0, batch);
      assert.ok(!indices.includes(5));
      await new Promise((resolve) => setTimeout(resolve, 0));
    } catch (error) {
      assert.ok(error instanceof StepFailure);
      failures++;
    }
  }
  assert.equal(failures, 1);
});

Deno.test("a corrupt picture is left out of its batch, named, in every process alike", async () => {
  for (const batchSize of [1, 4]) {
    const options = { ...OPTIONS, batchSize };
    const stream = new BatchStream(dataset(12, { corrupt: 5 }), options);
    const batches = await epochOf(stream, 0);
    const named = batches.flatMap((batch) => batch.corrupt);
    assert.deepEqual(named.map(({ name }) => name), ["5.png"]);
    const holder = batches.findIndex((batch) => batch.corrupt.length > 0);
    assert.equal(batches[holder]!.size, batchSize - 1);
    assert.equal(batches[holder]!.images.length, (batchSize - 1) * 6);
    const seen = batches.flatMap((batch) => batch.indices);
    assert.equal(new Set(seen).size, 11);
    const resumed = new BatchStream(dataset(12, { corrupt: 5 }), options);
    assert.deepEqual(await resumed.read(0, holder), batches[holder]);
  }
});

Deno.test("BatchStream refuses sizes that are no count", () => {
  for (const batchSize of [0, -1, 1.5]) {
    assert.throws(
      () => new BatchStream(dataset(3), { ...OPTIONS, batchSize }),
      RangeError,
    );
  }
});
