// Crops by chance: another part of each picture in every epoch, the same in every run and at every batch size.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Augmentation,
  croppedWindow,
  drawAugmentation,
  NO_AUGMENTATION,
} from "../../lib/data/augmentation.ts";
import { BatchStream } from "../../lib/data/batch_stream.ts";
import { encodePng } from "../../lib/format/image_codec.ts";
import { openPictures } from "./open_pictures.ts";
import { pictureFolder } from "./picture_folder.ts";

const RANDOM: Augmentation = { flip: false, crop: "random", cropScale: 0.25 };

/** Windows of `count` pictures in an epoch. */
function windowsOf(count: number, epoch: number, seed = 3) {
  return Array.from({ length: count }, (_, picture) => {
    const { crop } = drawAugmentation(RANDOM, { seed, epoch, picture });
    const whole = { left: 0, top: 0, width: 60, height: 40 };
    return croppedWindow({ width: 60, height: 40 }, whole, crop!);
  });
}

Deno.test("croppedWindow() stays inside, keeps the shape, and spreads over areas and places", () => {
  const windows = windowsOf(400, 0);
  for (const { left, top, width, height } of windows) {
    assert.ok(
      left >= 0 && top >= 0 && left + width <= 60 && top + height <= 40,
    );
    assert.ok(Math.abs(width / height - 1.5) < 0.06, `${width}x${height}`);
    assert.ok(width * height >= 0.24 * 2400 && width * height <= 2400);
  }
  const shares = windows.map(({ width, height }) => width * height / 2400);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  assert.ok(Math.abs(mean - 0.625) < 0.03, `mean share ${mean}`);
  const corners =
    windows.filter(({ width, height, left, top }) =>
      left * 2 < 60 - width && top * 2 < 40 - height
    ).length;
  assert.ok(corners > 60 && corners < 140, `${corners} in the upper left`);
});

Deno.test("drawAugmentation() is a function of seed, epoch and picture", () => {
  assert.deepEqual(windowsOf(20, 1), windowsOf(20, 1));
  assert.notDeepEqual(windowsOf(20, 1), windowsOf(20, 2));
  assert.notDeepEqual(windowsOf(20, 1), windowsOf(20, 1, 4));
  const place = { seed: 1, epoch: 1, picture: 1 };
  assert.deepEqual(drawAugmentation(NO_AUGMENTATION, place), {
    isMirrored: false,
    crop: null,
  });
});

Deno.test("a random crop takes a square from any place along the long side", () => {
  const picture = { width: 90, height: 30 };
  const square = { left: 30, top: 0, width: 30, height: 30 };
  const at = (left: number) =>
    croppedWindow(picture, square, { area: 1, left, top: 0.5 });
  assert.deepEqual(at(0), { left: 0, top: 0, width: 30, height: 30 });
  assert.equal(at(0.999).left, 60);
});

Deno.test("read() with random crops shows each epoch another part, whatever the batch size; held-out figures see none", async () => {
  using folder = pictureFolder(6);
  for (let index = 0; index < 6; index++) {
    const data = Uint8Array.from(
      { length: 16 * 16 * 3 },
      (_, at) => (at * 7 + index * 40) % 256,
    );
    Deno.writeFileSync(
      join(folder.imageFolder, `${index}.png`),
      encodePng({ width: 16, height: 16, channels: 3, data }),
    );
  }
  const open = (augmentation: Augmentation) =>
    openPictures({ ...folder, imageSize: 8, augmentation });
  const epochOf = async (
    options: { batchSize: number; augmented?: boolean },
    epoch: number,
  ) => {
    const set = await open(RANDOM);
    const stream = new BatchStream(set, {
      ...options,
      seed: 3,
      maxBatches: null,
    });
    const pictures = new Map<number, Float32Array>();
    for (let batch = 0; batch < stream.batchesPerEpoch; batch++) {
      const { images, indices } = await stream.read(epoch, batch);
      indices.forEach((index, row) =>
        pictures.set(index, images.slice(row * 192, (row + 1) * 192))
      );
    }
    return [...pictures].toSorted(([a], [b]) => a - b);
  };
  const first = await epochOf({ batchSize: 2 }, 0);
  assert.deepEqual(await epochOf({ batchSize: 6 }, 0), first);
  const second = await epochOf({ batchSize: 2 }, 1);
  second.forEach(([, pixels], index) =>
    assert.notDeepEqual(pixels, first[index]![1])
  );
  const plain = { batchSize: 2, augmented: false };
  assert.deepEqual(await epochOf(plain, 0), await epochOf(plain, 1));
});
