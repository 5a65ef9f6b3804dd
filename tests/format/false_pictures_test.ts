// Pictures that claim more than they hold: refused before anything is allocated for them, and without harm to the next picture.
import assert from "node:assert/strict";
import { constants, deflateRawSync, deflateSync } from "node:zlib";
import crc32 from "crc-32";
import { decodeImage } from "../../lib/format/image_codec.ts";
import { PictureFailure } from "../../lib/format/image_header.ts";
import { joinedBytes } from "../../lib/format/joined_bytes.ts";
import { jpegOfHalves } from "./jpeg_picture.ts";

const MEBIBYTE = 1024 * 1024;
const COLOURS = [[200, 10, 10], [10, 10, 200]] as const;

/** An 8-bit RGB PNG of that size in its header, with these chunks. */
function pngOf(
  width: number,
  height: number,
  chunks: readonly (readonly [type: string, content: Uint8Array])[],
): Uint8Array {
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([8, 2, 0, 0, 0], 8);
  const all: (readonly [string, Uint8Array])[] = [
    ["IHDR", head],
    ...chunks,
    ["IEND", new Uint8Array()],
  ];
  const parts = all.flatMap(([type, content]) => {
    const body = new Uint8Array(4 + content.length);
    body.set(new TextEncoder().encode(type));
    body.set(content, 4);
    return [numberBytes(content.length), body, numberBytes(crc32.buf(body))];
  });
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return joinedBytes([Uint8Array.from(signature), ...parts]);
}

function numberBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value | 0);
  return bytes;
}

/** Zeros, deflated; without an end, which nobody comes to. */
function unfolding(mebibytes: number): Uint8Array {
  const block = deflateRawSync(new Uint8Array(MEBIBYTE), {
    finishFlush: constants.Z_FULL_FLUSH,
  });
  const whole = new Uint8Array(2 + block.length * mebibytes);
  whole.set([0x78, 0x9c]);
  for (let at = 2; at < whole.length; at += block.length) whole.set(block, at);
  return whole;
}

const ONE_PIXEL = deflateSync(new Uint8Array(4));

const FALSE_PNGS: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
  [
    "claims a hundred million pixels in a few bytes",
    () => pngOf(10_000, 10_000, [["IDAT", ONE_PIXEL]]),
    /header claims 10000x10000 pixels, its 12 bytes of data cannot hold these/,
  ],
  [
    "unfolds to half a gigabyte",
    () => pngOf(1, 1, [["IDAT", unfolding(512)]]),
    /its data unfold to more than \d+ bytes/,
  ],
  [
    "has a profile that unfolds to half a gigabyte",
    () => {
      const profile = unfolding(512);
      const content = new Uint8Array(profile.length + 3);
      content.set([0x61, 0, 0]);
      content.set(profile, 3);
      return pngOf(1, 1, [["iCCP", content], ["IDAT", ONE_PIXEL]]);
    },
    /its profile unfold to more than \d+ bytes/,
  ],
  [
    "has a palette of a million colours",
    () => pngOf(1, 1, [["PLTE", new Uint8Array(300_000)], ["IDAT", ONE_PIXEL]]),
    /its palette has 300000 bytes/,
  ],
];

for (const [what, make, message] of FALSE_PNGS) {
  Deno.test(`decodeImage() refuses a PNG that ${what}`, async () => {
    const bytes = make();
    await assert.rejects(decodeImage(bytes), (error) => {
      assert.ok(error instanceof PictureFailure, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

/** A JPEG whose frame header has another size. */
async function resized(width: number, height: number): Promise<Uint8Array> {
  const bytes = await jpegOfHalves(16, 16, COLOURS);
  const at = bytes.findIndex((byte, place) =>
    byte === 0xff && [0xc0, 0xc2].includes(bytes[place + 1]!)
  );
  const view = new DataView(bytes.buffer);
  view.setUint16(at + 5, height);
  view.setUint16(at + 7, width);
  return bytes;
}

Deno.test("decodeImage() refuses a JPEG that claims more pixels than its bytes can hold", async () => {
  await assert.rejects(
    decodeImage(await resized(10_000, 10_000)),
    /header claims 10000x10000 pixels, its \d+ bytes cannot hold these/,
  );
});

Deno.test("decodeImage() refuses a JPEG of thousands of scans", async () => {
  const good = await jpegOfHalves(16, 16, COLOURS);
  const scans = Array.from({ length: 2000 }, () => [0xff, 0xda, 0, 2]).flat();
  const bytes = new Uint8Array([
    ...good.subarray(0, -2),
    ...scans,
    ...good.subarray(-2),
  ]);
  await assert.rejects(decodeImage(bytes), /it has \d+ scans, at most 500/);
});

Deno.test("decodeImage() reads a good JPEG behind broken ones, and says what was wrong with these", async () => {
  const good = await jpegOfHalves(16, 16, COLOURS);
  const second = good.slice();
  // A table that is none: the class and number of the first Huffman table.
  const table = second.findIndex((byte, at) =>
    byte === 0xff && second[at + 1] === 0xc4
  );
  second[table + 4] = 0xff;
  for (let time = 0; time < 3; time++) {
    await assert.rejects(
      decodeImage(second),
      /its JPEG data are damaged \([^()]+\)/,
    );
    assert.equal((await decodeImage(good)).width, 16);
  }
});
