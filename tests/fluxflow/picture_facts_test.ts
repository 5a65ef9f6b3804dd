// TR: what FluxFlow's transform tests check of pictures and captions, beside the sizes of tests/data/size_class_test.ts.
import assert from "node:assert/strict";
import { join } from "node:path";
import { BatchStream } from "../../lib/data/batch_stream.ts";
import { buildWordTokenizer, loadTokenizer } from "../../lib/data/tokenizer.ts";
import { encodePng } from "../../lib/format/image_codec.ts";
import { refusalsOf } from "../config/refusals.ts";
import { openPictures } from "../data/open_pictures.ts";
import { pictureBytes, pictureFolder } from "../data/picture_folder.ts";
import { textOf, VAE } from "./written_pipeline.ts";

const ORDER = { batchSize: 2, seed: 3, maxBatches: null };

Deno.test("TR29, TR30: a side of 500, which no multiple of 16 is, is refused with the nearest that is", async () => {
  const text = textOf([VAE]);
  const found = await refusalsOf(text, ["data.img_size=500"]);
  assert.equal(found.length, 1);
  assert.match(found[0]!, /pictures of side 500: 4 halvings .* multiple of 16/);
  assert.deepEqual(await refusalsOf(text, ["data.img_size=512"]), []);
});

Deno.test("TR40, TR41: captions are filled up with 0, and the mask tells which numbers are words", () => {
  const { encode, padId } = loadTokenizer(buildWordTokenizer(["red"], 100));
  assert.equal(padId, 0);
  const { ids, mask } = encode("red", 6);
  assert.deepEqual([...ids].map((id) => id === 0), [
    ...[false, false, false],
    ...[true, true, true],
  ]);
  assert.deepEqual([...mask], [1, 1, 1, 0, 0, 0]);
});

Deno.test("TR42, TR43: white is 1 and black is -1 in a batch", async () => {
  using places = pictureFolder(2);
  for (const [index, value] of [255, 0].entries()) {
    const data = new Uint8Array(4 * 4 * 3).fill(value);
    await Deno.writeFile(
      join(places.imageFolder, `${index}.png`),
      encodePng({ width: 4, height: 4, channels: 3, data }),
    );
  }
  const stream = new BatchStream(await openPictures(places), ORDER);
  const { images, indices } = await stream.read(0, 0);
  for (const [row, index] of indices.entries()) {
    const own = images.subarray(row * 48, (row + 1) * 48);
    assert.ok(own.every((value) => value === (index === 0 ? 1 : -1)));
  }
});

Deno.test("TR44, TR45: pictures of different sizes never share a batch, so none is warped to another's size", async () => {
  using places = pictureFolder(5);
  for (const index of [1, 3]) {
    const path = join(places.imageFolder, `${index}.png`);
    await Deno.writeFile(path, pictureBytes(index, 8, 4));
  }
  const stream = new BatchStream(await openPictures(places), ORDER);
  const seen: number[] = [];
  for (let batch = 0; batch < stream.batchesPerEpoch; batch++) {
    const { images, width, height, size, indices } = await stream.read(
      0,
      batch,
    );
    assert.equal(images.length, size * width * height * 3);
    for (const index of indices) {
      assert.deepEqual([width, height], [index % 2 === 1 ? 8 : 4, 4]);
      seen.push(index);
    }
  }
  assert.deepEqual(seen.toSorted(), [0, 1, 2, 3, 4]);
});
