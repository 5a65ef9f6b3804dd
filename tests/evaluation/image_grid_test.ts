// Mean picture, and grids pixel by pixel.
import {
  deepStrictEqual,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { decode } from "fast-png";
import { gridPixels, imageGrid } from "../../lib/evaluation/image_grid.ts";
import { meanImage } from "../../lib/evaluation/mean_image.ts";
import { bytesOf } from "../../lib/evaluation/picture.ts";

const GREY = [128, 128, 128];

Deno.test("gridPixels() lays pictures out row by row with gaps of grey", () => {
  const grid = gridPixels([dot(1), dot(2), dot(3)], { columns: 2, gap: 1 });
  deepStrictEqual([grid.width, grid.height], [5, 5]);
  deepStrictEqual(pixel(grid, 1, 1), [1, 1, 1]);
  deepStrictEqual(pixel(grid, 3, 1), [2, 2, 2]);
  deepStrictEqual(pixel(grid, 1, 3), [3, 3, 3]);
  deepStrictEqual(pixel(grid, 3, 3), GREY);
  deepStrictEqual(pixel(grid, 2, 1), GREY);
});

Deno.test("gridPixels() repeats pixels by its scale", () => {
  const image = bytesOf(Float32Array.of(0, 0, 0, 1, 1, 1), {
    height: 1,
    width: 2,
  });
  const grid = gridPixels([image], { columns: 1, gap: 0, scale: 2 });
  deepStrictEqual([grid.width, grid.height], [4, 2]);
  deepStrictEqual(
    [...grid.data].filter((_, at) => at % 3 === 0),
    [0, 0, 255, 255, 0, 0, 255, 255],
  );
});

Deno.test("gridPixels() refuses no pictures, and pictures of different sizes", () => {
  throws(() => gridPixels([], { columns: 1, gap: 0 }), RangeError);
  const wide = bytesOf(new Float32Array(6), { height: 1, width: 2 });
  throws(
    () => gridPixels([dot(1), wide], { columns: 2, gap: 0 }),
    /Cannot lay out picture 1: it is 2x1, wanted 1x1/,
  );
});

Deno.test("imageGrid() is a PNG of the grid", async () => {
  const png = decode(await imageGrid([dot(9), dot(7)], { columns: 2, gap: 0 }));
  deepStrictEqual([png.width, png.height], [2, 1]);
  strictEqual(png.data[0], 9);
  strictEqual(png.data[png.channels], 7);
});

Deno.test("meanImage() is the mean of every pixel, in 0..1", async () => {
  const pictures = [[0, 255, 51], [255, 255, 0]];
  const mean = await meanImage({
    size: 2,
    sizeOf: () => ({ height: 1, width: 1 }),
    pixels: (index) => Promise.resolve(Uint8Array.from(pictures[index]!)),
  }, [0, 1]);
  deepStrictEqual(mean, Float32Array.of(0.5, 1, 0.1));
});

Deno.test("meanImage() refuses a source without pictures", async () => {
  await rejects(
    meanImage({
      size: 0,
      sizeOf: () => ({ height: 1, width: 1 }),
      pixels: () => Promise.resolve(new Uint8Array(3)),
    }, []),
    RangeError,
  );
});

function dot(shade: number) {
  return {
    ...{ height: 1, width: 1, channels: 3 as const },
    data: new Uint8Array(3).fill(shade),
  };
}

function pixel(
  grid: { readonly width: number; readonly data: Uint8Array },
  x: number,
  y: number,
): number[] {
  const at = (y * grid.width + x) * 3;
  return [...grid.data.subarray(at, at + 3)];
}
