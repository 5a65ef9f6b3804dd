// tfjs's BatchMatMul as a tiled product: [B, M, K] by [B, K, N], either transposed, a batch of one shared by all.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { flat, sizeOf } from "./gpu_program.ts";
import type { Operand } from "./product_tile.ts";
import { runTiledProduct } from "./tiled_product.ts";

/** Whether each operand is given transposed. */
export interface Transposition {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The product, or null where batches of several axes have to be stretched. The caller owns the result. */
export function matrixProduct(
  backend: WebGPUBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: Transposition,
): tf.TensorInfo | null {
  const [rows, inner] = sidesOf(a, transposeA);
  const [, columns] = sidesOf(b, transposeB);
  const batches = [a, b].map((one) => sizeOf(one.shape.slice(0, -2)));
  const slices = Math.max(...batches);
  if (batches.some((batch) => batch !== slices && batch !== 1)) return null;
  const leading = (batches[0] === slices ? a : b).shape.slice(0, -2);
  const outputShape = [...leading, rows, columns];
  if (sizeOf(outputShape) === 0 || inner === 0) return null;
  return runTiledProduct(backend, {
    name: `matrices_${transposeA}_${transposeB}_${
      batches.map((batch) => batch === 1).join("_")
    }`,
    a: {
      ...plain(a),
      neighbours: transposeA ? "outer" : "inner",
      offset: (transposeA
        ? "k.x * uniforms.rows + o.x"
        : "o.x * uniforms.inner + k.x") +
        slice(batches[0]!, "rows"),
    },
    b: {
      ...plain(b),
      neighbours: transposeB ? "inner" : "outer",
      offset: (transposeB
        ? "o.x * uniforms.inner + k.x"
        : "k.x * uniforms.columns + o.x") +
        slice(batches[1]!, "columns"),
    },
    rows,
    columns,
    inner,
    slices,
    outputShape,
    integers: {},
    place: null,
  });
}

function sidesOf(
  matrix: tf.TensorInfo,
  isTransposed: boolean,
): [number, number] {
  const [first, second] = matrix.shape.slice(-2) as [number, number];
  return isTransposed ? [second, first] : [first, second];
}

function plain(tensor: tf.TensorInfo): Omit<Operand, "neighbours" | "offset"> {
  return {
    tensor: flat(tensor),
    outerPlace: "vec4<i32>(o, z, 0, 0)",
    innerPlace: "vec4<i32>(k, 0, 0, 0)",
  };
}

/** Where the matrix of a slice begins; one matrix serves them all where the batch is of one. */
function slice(batch: number, side: "rows" | "columns"): string {
  return batch === 1 ? "" : ` + o.y * uniforms.inner * uniforms.${side}`;
}
