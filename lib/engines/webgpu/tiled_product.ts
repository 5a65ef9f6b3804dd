// Matrix products whose operands may be gathered from anywhere: a convolution, its two gradients and a plain product are one shader
// with other ways to find an element. Each workgroup keeps a tile of both operands in its own memory, each thread a block of results in
// registers.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { reshaped, runProgram, sizeOf } from "./gpu_program.ts";
import {
  loaderOf,
  type Operand,
  placeOf,
  range,
  readTile,
  SIDE,
  strideOf,
  THREADS,
  TILE_INNER,
  typeOf,
} from "./product_tile.ts";
import { sumRows } from "./reductions.ts";

/** result[z][m][n] = sum over k of a[z][m][k] * b[z][k][n]. */
export interface TiledProduct {
  /** Kind of product: two of one name have the same expressions. */
  readonly name: string;
  readonly a: Operand;
  readonly b: Operand;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly slices: number;
  /** What the expressions read as `uniforms.<name>`, beside `rows`, `columns` and `inner`. */
  readonly integers: Readonly<Record<string, number>>;
  readonly outputShape: readonly number[];
  /** WGSL expression in `m`, `n` and `z`: the offset of the result; null for row-major order. */
  readonly place: string | null;
}

/** Workgroups that keep a large GPU busy; below that the sum over K is split. */
const ENOUGH_GROUPS = 256;
/** A part of a split sum is at least this long. */
const SHORTEST_PART = 128;

/** Results per thread, down and across. */
interface Block {
  readonly down: number;
  readonly across: number;
}

/** Queues the product; the caller owns the result. The order of every sum depends on the sizes alone. */
export function runTiledProduct(
  backend: WebGPUBackend,
  product: TiledProduct,
): tf.TensorInfo {
  const { rows, columns, inner, slices } = product;
  const block = blockFor(rows, columns);
  const tiles = Math.ceil(rows / (SIDE * block.down)) *
    Math.ceil(columns / (SIDE * block.across)) * slices;
  const parts = partsFor(tiles, inner);
  const isSplit = parts > 1;
  const partLength = Math.ceil(inner / parts / TILE_INNER) * TILE_INNER;
  const shape = isSplit ? [parts, ...product.outputShape] : product.outputShape;
  const result = runProgram(backend, {
    name: `product_${product.name}_${block.down}_${block.across}`,
    inputs: { a: product.a.tensor, b: product.b.tensor },
    outputShape: shape,
    threads: THREADS,
    groups: tiles * parts,
    integers: {
      ...product.integers,
      rows,
      columns,
      inner,
      slices,
      parts,
      partLength,
      partSize: sizeOf(product.outputShape),
      tileRows: Math.ceil(rows / (SIDE * block.down)),
      tileColumns: Math.ceil(columns / (SIDE * block.across)),
    },
    ...shaderOf(product, block),
  });
  if (!isSplit) return result;
  const size = sizeOf(product.outputShape);
  const sum = sumRows(backend, result, { rows: parts, columns: size });
  backend.disposeData(result.dataId);
  return reshaped(sum, product.outputShape);
}

/** A wider block reads less per result, as long as there are enough of them. */
function blockFor(rows: number, columns: number): Block {
  if (columns <= SIDE) return { down: 8, across: 1 };
  if (rows <= SIDE) return { down: 1, across: 8 };
  if (rows * columns < 128 * 128 * 32) return { down: 4, across: 4 };
  // A tile twice as wide as the matrix would compute half of its results for nothing.
  const half = 4 * SIDE;
  return { down: rows <= half ? 4 : 8, across: columns <= half ? 4 : 8 };
}

function partsFor(tiles: number, inner: number): number {
  const wanted = Math.ceil(ENOUGH_GROUPS / tiles);
  return Math.max(1, Math.min(wanted, Math.floor(inner / SHORTEST_PART)));
}

function shaderOf(
  product: TiledProduct,
  block: Block,
): { functions: string; main: string } {
  const [height, width] = [SIDE * block.down, SIDE * block.across];
  const [down, across] = [range(block.down), range(block.across)];
  const a = loaderOf(product.a, "a", {
    side: height,
    block: block.down,
    limit: "uniforms.rows",
  });
  const b = loaderOf(product.b, "b", {
    side: width,
    block: block.across,
    limit: "uniforms.columns",
  });
  const place = product.place ??
    "(z * uniforms.rows + m) * uniforms.columns + n";
  const functions = `
    var<workgroup> aTile: array<${typeOf(block.down)}, ${
    TILE_INNER * strideOf(height, block.down)
  }>;
    var<workgroup> bTile: array<${typeOf(block.across)}, ${
    TILE_INNER * strideOf(width, block.across)
  }>;
    ${a.functions}
    ${b.functions}
    fn place(m: i32, n: i32, z: i32) -> i32 { return ${place}; }`;
  const main = `
      let group = index / ${THREADS};
      let thread = i32(localIndex);
      let tx = thread % ${SIDE};
      let ty = thread / ${SIDE};
      let firstRow = group % uniforms.tileRows * ${height};
      let above = group / uniforms.tileRows;
      let firstColumn = above % uniforms.tileColumns * ${width};
      let slicePart = above / uniforms.tileColumns;
      let part = slicePart % uniforms.parts;
      let z = slicePart / uniforms.parts;
      let kStart = part * uniforms.partLength;
      let kEnd = min(kStart + uniforms.partLength, uniforms.inner);
      ${a.prepare("firstRow")}
      ${b.prepare("firstColumn")}
      ${
    down.map((i) => across.map((j) => `var sum_${i}_${j} = 0.0;`).join(" "))
      .join("\n")
  }
      for (var kTile = kStart; kTile < kEnd; kTile += ${TILE_INNER}) {
        ${a.fill()}
        ${b.fill()}
        workgroupBarrier();
        for (var k = 0; k < ${TILE_INNER}; k++) {
          ${readTile("a", "ty", block.down)}
          ${readTile("b", "tx", block.across)}
          ${
    down.map((i) =>
      across.map((j) => `sum_${i}_${j} = fma(a_${i}, b_${j}, sum_${i}_${j});`)
        .join(" ")
    ).join("\n")
  }
        }
        workgroupBarrier();
      }
      if (z >= uniforms.slices) { return; }
      ${
    down.map((i) =>
      across.map((j) => `
      {
        let m = firstRow + ${placeOf("ty", i, block.down)};
        let n = firstColumn + ${placeOf("tx", j, block.across)};
        if (m < uniforms.rows && n < uniforms.columns) {
          result[part * uniforms.partSize + place(m, n, z)] = sum_${i}_${j};
        }
      }`).join("")
    ).join("")
  }`;
  return { functions, main };
}
