// A folder of pictures with captions: what it answers, what it refuses, and how much it keeps.
import assert from "node:assert/strict";
import { join } from "node:path";
import { RefusedError, StepFailure } from "../../lib/error/failure.ts";
import { PixelCache } from "../../lib/data/pixel_cache.ts";
import { jpegOfHalves } from "../format/jpeg_picture.ts";
import { openPictures } from "./open_pictures.ts";
import { pictureBytes, pictureFolder } from "./picture_folder.ts";

Deno.test("openImageTextFolder() answers sizes, captions and pixels", async () => {
  using places = pictureFolder(3);
  const folder = await openPictures({ ...places, imageSize: null });
  assert.equal(folder.size, 3);
  assert.deepEqual(folder.sizeOf(1), { width: 4, height: 4 });
  assert.equal(folder.caption(2), "picture 2");
  assert.equal(folder.name(2), "2.png");
  const pixels = await folder.pixels(2);
  assert.equal(pixels.length, 48);
  assert.deepEqual([...pixels.subarray(0, 6)], [0, 0, 0, 3, 3, 3]);
  assert.throws(() => folder.caption(3), RangeError);
});

Deno.test("openImageTextFolder() reads JPEG beside PNG and resizes to one side", async () => {
  using places = pictureFolder(1, "0.png\tone\nwide.jpg\ttwo\n");
  await Deno.writeFile(
    join(places.imageFolder, "wide.jpg"),
    await jpegOfHalves(64, 16, [[200, 0, 0], [0, 0, 200]]),
  );
  const folder = await openPictures({ ...places, imageSize: 8 });
  assert.deepEqual(folder.sizeOf(1), { width: 8, height: 8 });
  const pixels = await folder.pixels(1);
  assert.equal(pixels.length, 8 * 8 * 3);
  // The middle square holds both halves.
  assert.ok(pixels[0]! > 180 && pixels[2]! < 20);
  assert.ok(pixels[7 * 3]! < 20 && pixels[7 * 3 + 2]! > 180);
  assert.equal((await folder.pixels(0)).length, 8 * 8 * 3);
});

Deno.test("openImageTextFolder() refuses folders and pictures that are not there", async () => {
  using places = pictureFolder(2, "0.png\tone\n1.png\ttwo\nlost.png\tthree\n");
  await assert.rejects(
    openPictures({ ...places, imageSize: null }),
    (error: unknown) =>
      error instanceof RefusedError &&
      error.message.includes(`${places.captionsFile}:3`) &&
      error.message.includes('"lost.png"'),
  );
  const imageFolder = join(places.imageFolder, "nowhere");
  await assert.rejects(
    openPictures({ ...places, imageFolder, imageSize: null }),
    (error: unknown) =>
      error instanceof RefusedError && error.message.includes(imageFolder),
  );
});

Deno.test("openImageTextFolder() takes pictures of several sizes, each at its own", async () => {
  using places = pictureFolder(3);
  const odd = join(places.imageFolder, "1.png");
  await Deno.writeFile(odd, pictureBytes(1, 6, 4));
  const folder = await openPictures({ ...places, imageSize: null });
  assert.deepEqual(folder.sizeOf(0), { width: 4, height: 4 });
  assert.deepEqual(folder.sizeOf(1), { width: 6, height: 4 });
  assert.equal((await folder.pixels(1)).length, 6 * 4 * 3);
});

Deno.test("a corrupt picture is named: when it is opened by its header, when it is read by its data", async () => {
  using places = pictureFolder(2);
  const path = join(places.imageFolder, "1.png");
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 20]! ^= 0xff;
  await Deno.writeFile(path, bytes);
  const folder = await openPictures({ ...places, imageSize: null });
  const isNamed = (error: unknown) =>
    error instanceof StepFailure && error.message.includes(path);
  await assert.rejects(folder.pixels(1), isNamed);
  await Deno.writeTextFile(path, "not a picture");
  const { size, total, corrupt } = await openPictures({
    ...places,
    imageSize: null,
  });
  assert.deepEqual([size, total], [1, 2]);
  assert.deepEqual(corrupt, [
    { name: "1.png", place: path, reason: "it is neither PNG nor JPEG" },
  ]);
});

Deno.test("a picture that vanished or changed its size fails the step under its name", async () => {
  using places = pictureFolder(2);
  const folder = await openPictures({ ...places, imageSize: null });
  const path = join(places.imageFolder, "1.png");
  await Deno.writeFile(path, pictureBytes(1, 8, 8));
  await assert.rejects(folder.pixels(1), /1\.png.* is 8x8, wanted 4x4/);
  await Deno.remove(path);
  await assert.rejects(folder.pixels(1), /1\.png.* is no longer there/);
});

Deno.test("PixelCache holds no more than its limit and keeps what came first", () => {
  const cache = new PixelCache(100);
  for (let index = 0; index < 50; index++) {
    cache.keep(`${index}`, new Uint8Array(30));
    assert.ok(cache.sizeBytes <= 100);
  }
  assert.equal(cache.sizeBytes, 90);
  assert.ok(cache.get("0") !== undefined && cache.get("3") === undefined);
  cache.keep("0", new Uint8Array(5));
  assert.equal(cache.sizeBytes, 90);
});

Deno.test("pixels() answers the same within and beyond the cache", async () => {
  using places = pictureFolder(4);
  const cached = await openPictures({ ...places, imageSize: null });
  const bare = await openPictures({
    ...places,
    imageSize: null,
    cacheBytes: 50,
  });
  for (const index of [0, 1, 2, 3, 3, 2, 1, 0]) {
    assert.deepEqual(await bare.pixels(index), await cached.pixels(index));
  }
  assert.equal(await cached.pixels(3), await cached.pixels(3));
  assert.notEqual(await bare.pixels(3), await bare.pixels(3));
});
