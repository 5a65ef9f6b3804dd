// Sizes of training pictures against FluxFlow's rules, by the numbers of its transform tests.
import assert from "node:assert/strict";
import type { PictureSize } from "../../lib/format/image_header.ts";
import {
  leastDistortion,
  type Sizing,
  trainedSizes,
} from "../../lib/data/size_class.ts";

function size(width: number, height: number): PictureSize {
  return { width, height };
}

/** Every width and height of the rule, one by one. */
function searched(picture: PictureSize, multiple: number): PictureSize {
  const { width, height } = picture;
  const least = Math.ceil(Math.min(width, height) / multiple) * multiple;
  const most = Math.ceil(Math.max(width, height) / multiple) * multiple;
  let best = size(least, least);
  let bestDistance = Infinity;
  for (let wide = least; wide <= most; wide += multiple) {
    for (let tall = least; tall <= most; tall += multiple) {
      const distance = Math.abs(Math.log((wide * height) / (tall * width)));
      const isSmaller = wide * tall < best.width * best.height;
      if (distance < bestDistance || (distance === bestDistance && isSmaller)) {
        best = size(wide, tall);
        bestDistance = distance;
      }
    }
  }
  return best;
}

const PICTURES = [
  size(64, 48),
  size(50, 40),
  size(30, 30),
  size(7, 5),
  size(500, 500),
  size(1000, 100),
  size(333, 777),
  size(1920, 1080),
  size(97, 96),
  size(17, 300),
];
const SIZING: Sizing = {
  multiple: 16,
  imageSize: null,
  fit: "crop",
  reducedSizes: [],
};

Deno.test("TR sides are multiples of 16, between the short and the long side, with the nearest ratio", () => {
  for (const picture of PICTURES) {
    const found = leastDistortion(picture, 16);
    assert.deepEqual(found, searched(picture, 16), JSON.stringify(picture));
    for (const side of [found.width, found.height]) {
      assert.equal(side % 16, 0);
      assert.ok(side >= Math.min(picture.width, picture.height));
      assert.ok(side < Math.max(picture.width, picture.height) + 16);
    }
  }
});

Deno.test("TR the ratio stays within a tenth where the picture is not tiny", () => {
  for (const picture of [size(640, 480), size(1920, 1080), size(333, 777)]) {
    const found = leastDistortion(picture, 16);
    const before = picture.width / picture.height;
    assert.ok(Math.abs(found.width / found.height - before) < 0.1);
  }
});

Deno.test("TR a square stays square, fitting sizes stay as they are, too small pictures grow", () => {
  assert.deepEqual(leastDistortion(size(500, 500), 16), size(512, 512));
  assert.deepEqual(leastDistortion(size(96, 64), 16), size(96, 64));
  assert.deepEqual(leastDistortion(size(7, 5), 16), size(16, 16));
  assert.deepEqual(leastDistortion(size(10, 40), 16), size(16, 48));
});

Deno.test("TR reduced versions: ascending short sides below the picture's, rounded down, the full size first", () => {
  const reducedSizes = [96, 32, 600];
  assert.deepEqual(
    trainedSizes(size(400, 200), { ...SIZING, reducedSizes }),
    [leastDistortion(size(400, 200), 16), size(64, 32), size(192, 96)],
  );
  assert.deepEqual(
    trainedSizes(size(40, 30), { ...SIZING, reducedSizes: [16, 20, 8] }),
    // 16 and 20 become the same size, and so does the smallest one possible.
    [leastDistortion(size(40, 30), 16), size(16, 16)],
  );
});

Deno.test("img_size is the side of the middle square under crop, and bounds the pixels under keep", () => {
  const sizing = { ...SIZING, imageSize: 64 };
  assert.deepEqual(trainedSizes(size(300, 200), sizing), [size(64, 64)]);
  assert.deepEqual(
    trainedSizes(size(300, 200), { ...sizing, reducedSizes: [32, 64] }),
    [size(64, 64), size(32, 32)],
  );
  const [kept] = trainedSizes(size(1600, 400), { ...sizing, fit: "keep" });
  assert.deepEqual(kept, size(128, 32));
  // Nothing is blown up to reach it.
  assert.deepEqual(
    trainedSizes(size(48, 32), { ...sizing, fit: "keep" }),
    [size(48, 32)],
  );
});
