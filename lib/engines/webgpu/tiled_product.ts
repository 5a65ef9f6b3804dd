// Matrix products whose operands may be gathered from anywhere: a convolution, its two gradients and a plain product are one shader
// with other ways to find an element. Each workgroup keeps a tile of both operands in its own memory, each thread a block of results in
// registers.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { reshaped, runProgram, sizeOf } from "./gpu_program.ts";
import { sumRows } from "./reductions.ts";

/** One operand. `outer` counts rows of A or columns of B, `inner` the K that is summed over, `z` the slice of the third axis. */
export interface Operand {
  readonly tensor: tf.TensorInfo;
  /** Which of both axes has neighbours in memory: threads next to each other then read next to each other. */
  readonly neighbours: "outer" | "inner";
  /** WGSL expressions in `o` and `z`, in `k` and `z`: what is worth computing once per row and once per K. Each is a vec4<i32>. */
  readonly outerPlace: string;
  readonly innerPlace: string;
  /** WGSL expression in `o` and `k` (both places): the offset in the array, or a negative number for a zero. */
  readonly offset: string;
}

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

/** Threads of a workgroup: 16 by 16. */
const THREADS = 256;
const SIDE = 16;
const TILE_INNER = 16;
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

/** Whether a thread's results along an axis are whole vectors: a tile is then read four numbers at a time. */
function isWide(block: number): boolean {
  return block % 4 === 0;
}

function typeOf(block: number): string {
  return isWide(block) ? "vec4<f32>" : "f32";
}

/** From one K to the next in a tile; a little more than the tile is wide, so that threads that write next to each other hit other banks. */
function strideOf(side: number, block: number): number {
  return isWide(block) ? side / 4 + 1 : side + 1;
}

/** Where a thread's `i`th result along an axis lies in the tile: vectors that follow each other belong to threads that do. */
function placeOf(thread: string, i: number, block: number): string {
  return isWide(block)
    ? `${thread} * 4 + ${Math.floor(i / 4) * 4 * SIDE + i % 4}`
    : `${thread} + ${i * SIDE}`;
}

/** WGSL that reads what a thread needs of a tile at one K. */
function readTile(name: string, thread: string, block: number): string {
  const side = SIDE * block;
  const stride = strideOf(side, block);
  if (!isWide(block)) {
    return range(block).map((i) =>
      `let ${name}_${i} = ${name}Tile[k * ${stride} + ${thread} + ${i * SIDE}];`
    ).join(" ");
  }
  return range(block / 4).map((vector) => {
    const read =
      `let ${name}Vector_${vector} = ${name}Tile[k * ${stride} + ${thread} + ${
        vector * SIDE
      }];`;
    const parts = range(4).map((i) =>
      `let ${name}_${vector * 4 + i} = ${name}Vector_${vector}[${i}];`
    );
    return [read, ...parts].join(" ");
  }).join("\n");
}

/** The part of the shader that brings one operand's tile in. */
interface Loader {
  readonly functions: string;
  prepare(first: string): string;
  fill(): string;
}

function loaderOf(
  operand: Operand,
  name: string,
  tile: {
    readonly side: number;
    readonly block: number;
    readonly limit: string;
  },
): Loader {
  const { side, block, limit } = tile;
  const stride = strideOf(side, block);
  const element = (k: string, outer: string) =>
    isWide(block)
      ? `${name}Tile[(${k}) * ${stride} + (${outer}) / 4][(${outer}) % 4]`
      : `${name}Tile[(${k}) * ${stride} + ${outer}]`;
  const functions = `
    fn ${name}Outer(o: i32, z: i32) -> vec4<i32> { return ${operand.outerPlace}; }
    fn ${name}Inner(k: i32, z: i32) -> vec4<i32> { return ${operand.innerPlace}; }
    fn ${name}Load(o: vec4<i32>, k: vec4<i32>) -> f32 {
      let at = ${operand.offset};
      return select(0.0, ${name}[max(at, 0)], at >= 0);
    }`;
  const isInner = operand.neighbours === "inner";
  // Threads that run along one axis keep their place on it, and step along the other one.
  const along = Math.min(isInner ? TILE_INNER : side, THREADS);
  const step = THREADS / along;
  const repeats = range(Math.ceil((isInner ? side : TILE_INNER) / step));
  const own = `${name}Own`;
  const first = `${name}First`;
  if (isInner) {
    return {
      functions,
      prepare: (from) =>
        [
          `let ${own} = thread % ${along}; let ${first} = thread / ${along};`,
          ...repeats.map((r) =>
            `let ${name}_${r} = ${name}Outer(min(${from} + ${first} + ${
              r * step
            }, ${limit} - 1), z);`
          ),
        ].join("\n"),
      fill: () =>
        [
          `let ${name}K = kTile + ${own};`,
          `let ${name}Place = ${name}Inner(min(${name}K, kEnd - 1), z);`,
          ...repeats.map((r) =>
            `${
              element(own, `${first} + ${r * step}`)
            } = select(0.0, ${name}Load(${name}_${r}, ${name}Place), ${name}K < kEnd);`
          ),
        ].join("\n"),
    };
  }
  return {
    functions,
    prepare: (from) =>
      `let ${own} = thread % ${along}; let ${first} = thread / ${along};
       let ${name}_0 = ${name}Outer(min(${from} + ${own}, ${limit} - 1), z);`,
    fill: () =>
      repeats.map((r) => {
        const k = `${first} + ${r * step}`;
        return `{
          let inside = kTile + ${k} < kEnd;
          let at = ${name}Inner(min(kTile + ${k}, kEnd - 1), z);
          ${element(k, own)} = select(0.0, ${name}Load(${name}_0, at), inside);
        }`;
      }).join("\n"),
  };
}

function range(count: number): number[] {
  return [...Array(count).keys()];
}
