// Tiles of a product's operands in a workgroup's own memory: how threads bring one in, and how they read it.
import type { tf } from "../../tensor/tf.ts";

/** Threads of a workgroup: 16 by 16. */
export const THREADS = 256;
/** Threads along one axis. */
export const SIDE = 16;
/** How much of the inner axis a tile holds. */
export const TILE_INNER = 16;

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

/** Whether a thread's results along an axis are whole vectors: a tile is then read four numbers at a time. */
function isWide(block: number): boolean {
  return block % 4 === 0;
}

/** WGSL type of what a tile is read by. */
export function typeOf(block: number): string {
  return isWide(block) ? "vec4<f32>" : "f32";
}

/** From one K to the next in a tile; a little more than the tile is wide, so that threads that write next to each other hit other banks. */
export function strideOf(side: number, block: number): number {
  return isWide(block) ? side / 4 + 1 : side + 1;
}

/** Where a thread's `i`th result along an axis lies in the tile: vectors that follow each other belong to threads that do. */
export function placeOf(thread: string, i: number, block: number): string {
  return isWide(block)
    ? `${thread} * 4 + ${Math.floor(i / 4) * 4 * SIDE + i % 4}`
    : `${thread} + ${i * SIDE}`;
}

/** WGSL that reads what a thread needs of a tile at one K. */
export function readTile(name: string, thread: string, block: number): string {
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
export interface Loader {
  readonly functions: string;
  prepare(first: string): string;
  fill(): string;
}

/** Brings a tile of `operand` in, array `name` in the code. */
export function loaderOf(
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

/** 0, 1, ... */
export function range(count: number): number[] {
  return [...Array(count).keys()];
}
