// PNG of every kind and JPEG to RGB pixels; damage and impossible sizes are told.
import assert from "node:assert/strict";
import { encode, type ImageData as PngPixels } from "fast-png";
import { decodeImage, encodePng } from "../../lib/format/image_codec.ts";
import {
  PictureFailure,
  readPictureHeader,
} from "../../lib/format/image_header.ts";
import { rgbOfPng } from "../../lib/format/rgb_pixels.ts";
import { jpegOfHalves } from "./jpeg_picture.ts";

function gradient(width: number, height: number): Uint8Array {
  return Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => (at * 37) % 256,
  );
}

Deno.test("encodePng() and decodeImage() are each other's inverse", async () => {
  const picture = {
    width: 7,
    height: 5,
    channels: 3,
    data: gradient(7, 5),
  } as const;
  const bytes = encodePng(picture);
  assert.deepEqual(await decodeImage(bytes), picture);
  assert.deepEqual(encodePng(picture), bytes);
  assert.deepEqual(readPictureHeader(bytes), {
    format: "png",
    width: 7,
    height: 5,
  });
});

const KINDS: readonly [string, PngPixels, readonly number[]][] = [
  [
    "grey",
    { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) },
    [0, 0, 0, 200, 200, 200],
  ],
  [
    "grey with alpha, on white",
    { width: 2, height: 1, channels: 2, data: Uint8Array.of(9, 0, 9, 255) },
    [255, 255, 255, 9, 9, 9],
  ],
  [
    "RGBA, on white",
    {
      width: 2,
      height: 1,
      channels: 4,
      data: Uint8Array.of(1, 2, 3, 0, 0, 100, 200, 51),
    },
    [255, 255, 255, 204, 224, 244],
  ],
  [
    "16 bits",
    {
      width: 1,
      height: 1,
      channels: 3,
      depth: 16,
      data: Uint16Array.of(0, 32896, 65535),
    },
    [0, 128, 255],
  ],
];

for (const [what, pixels, wanted] of KINDS) {
  Deno.test(`decodeImage() reads PNG: ${what}`, async () => {
    assert.deepEqual([...(await decodeImage(encode(pixels))).data], wanted);
  });
}

Deno.test("rgbOfPng() unpacks samples of less than a byte, and palettes with alpha", () => {
  const common = { width: 3, height: 2, channels: 1, text: {} } as const;
  const bits = rgbOfPng({
    ...common,
    depth: 1,
    data: Uint8Array.of(0b10100000, 0b01000000),
  });
  assert.deepEqual([...bits].filter((_, at) => at % 3 === 0), [
    255,
    0,
    255,
    0,
    255,
    0,
  ]);
  const indexed = rgbOfPng({
    ...common,
    depth: 4,
    data: Uint8Array.of(0x01, 0x20, 0x11, 0x00),
    palette: [[1, 2, 3], [4, 5, 6], [7, 8, 9, 0]],
  });
  assert.deepEqual([...indexed.subarray(0, 9)], [
    1,
    2,
    3,
    4,
    5,
    6,
    255,
    255,
    255,
  ]);
  assert.throws(
    () =>
      rgbOfPng({ ...common, depth: 4, data: new Uint8Array(4), palette: [] }),
    PictureFailure,
  );
});

Deno.test("rgbOfPng() makes the colour that stands for clear white", () => {
  const rgb = rgbOfPng({
    width: 2,
    height: 1,
    channels: 3,
    depth: 8,
    text: {},
    data: Uint8Array.of(1, 2, 3, 1, 2, 4),
    transparency: Uint16Array.of(1, 2, 3),
  });
  assert.deepEqual([...rgb], [255, 255, 255, 1, 2, 4]);
});

Deno.test("decodeImage() reads JPEG", async () => {
  const bytes = await jpegOfHalves(32, 16, [[250, 10, 20], [10, 20, 240]]);
  assert.deepEqual(readPictureHeader(bytes), {
    format: "jpeg",
    width: 32,
    height: 16,
  });
  const { width, height, data } = await decodeImage(bytes);
  assert.deepEqual([width, height, data.length], [32, 16, 32 * 16 * 3]);
  const near = (at: number, colour: readonly number[]) =>
    colour.forEach((value, channel) =>
      assert.ok(Math.abs(data[at * 3 + channel]! - value) < 6)
    );
  near(2, [250, 10, 20]);
  near(29, [10, 20, 240]);
});

Deno.test("decodeImage() refuses damage of every kind", async () => {
  const png = encodePng({
    width: 8,
    height: 8,
    channels: 3,
    data: gradient(8, 8),
  });
  const jpeg = await jpegOfHalves(32, 16, [[250, 10, 20], [10, 20, 240]]);
  const flipped = png.slice();
  flipped[50]! ^= 0x55;
  const bomb = png.slice();
  bomb.set([0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff], 16);
  const cases: readonly [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /it is empty/],
    [new TextEncoder().encode("<svg/>"), /neither PNG nor JPEG/],
    [png.subarray(0, 20), /ends inside its header/],
    [png.subarray(0, png.length - 20), /PNG data are damaged/],
    [flipped, /PNG data are damaged/],
    [bomb, /claims 2147483647x2147483647 pixels/],
    [jpeg.subarray(0, jpeg.length - 30), /cut off/],
    [jpeg.subarray(0, 10), /ends inside its header/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(decodeImage(bytes), (error: unknown) => {
      assert.ok(error instanceof PictureFailure);
      assert.match(error.message, message);
      return true;
    });
  }
});
