// References of products: matrices, convolutions, and their transposes. One walk over all terms gives values and both gradients.
import type { Numbers } from "./reference_array.ts";
import { sizeOf } from "./reference_array.ts";

/** Told of each term: element of the result, of the left and of the right operand. */
type Visit = (result: number, left: number, right: number) => void;

/** A result that is a sum of products of one element of each operand. */
export interface Product {
  readonly shape: readonly number[];
  readonly walk: (visit: Visit) => void;
}

/** The product's values. */
export function productOf(
  { shape, walk }: Product,
  left: Numbers,
  right: Numbers,
): Numbers {
  const values = new Float64Array(sizeOf(shape));
  walk((o, a, b) => values[o]! += left.values[a]! * right.values[b]!);
  return { shape, values };
}

/** Gradients of both operands for the gradient `dy` of the result. */
export function productGradients(
  { walk }: Product,
  left: Numbers,
  right: Numbers,
  dy: Float64Array,
): [Numbers, Numbers] {
  const ofLeft = new Float64Array(left.values.length);
  const ofRight = new Float64Array(right.values.length);
  walk((o, a, b) => {
    ofLeft[a]! += dy[o]! * right.values[b]!;
    ofRight[b]! += dy[o]! * left.values[a]!;
  });
  return [
    { shape: left.shape, values: ofLeft },
    { shape: right.shape, values: ofRight },
  ];
}

/** [..., rows, depth] by [..., depth, columns]; a flag says that an operand's last two axes are exchanged. */
export function matrixProduct(
  left: readonly number[],
  right: readonly number[],
  [turnLeft, turnRight]: readonly [boolean, boolean],
): Product {
  const [a, b] = left.slice(-2) as [number, number];
  const [c, d] = right.slice(-2) as [number, number];
  const [rows, depth] = turnLeft ? [b, a] : [a, b];
  const columns = turnRight ? c : d;
  const [leftBatch, rightBatch] = [left, right].map((shape) =>
    sizeOf(shape.slice(0, -2))
  ) as [number, number];
  const batch = Math.min(leftBatch, rightBatch) === 0
    ? 0
    : Math.max(leftBatch, rightBatch);
  const outer = leftBatch === 1 ? right.slice(0, -2) : left.slice(0, -2);
  const walk = (visit: Visit) => {
    for (let n = 0; n < batch; n++) {
      const leftStart = (leftBatch === 1 ? 0 : n) * rows * depth;
      const rightStart = (rightBatch === 1 ? 0 : n) * depth * columns;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          for (let k = 0; k < depth; k++) {
            visit(
              (n * rows + i) * columns + j,
              leftStart + (turnLeft ? k * rows + i : i * depth + k),
              rightStart + (turnRight ? j * depth + k : k * columns + j),
            );
          }
        }
      }
    }
  };
  return { shape: [...outer, rows, columns], walk };
}

/** Where a convolution reads. */
export interface ConvolutionGeometry {
  /** [N, H, W, C] */
  readonly input: readonly number[];
  /** [h, w, C, outputs] */
  readonly filter: readonly number[];
  readonly stride: number;
  readonly pad: number;
  readonly dilation: number;
}

/** Convolution: left the input, right the filter. */
export function convolution(
  { input, filter, stride, pad, dilation }: ConvolutionGeometry,
): Product {
  const [batch, height, width, channels] = input as Four;
  const [rows, columns, , outputs] = filter as Four;
  const sideOf = (side: number, kernel: number) =>
    Math.floor((side + 2 * pad - (kernel - 1) * dilation - 1) / stride) + 1;
  const [outHeight, outWidth] = [sideOf(height, rows), sideOf(width, columns)];
  const walk = (visit: Visit) => {
    for (let n = 0; n < batch; n++) {
      for (let y = 0; y < outHeight; y++) {
        for (let x = 0; x < outWidth; x++) {
          for (let i = 0; i < rows; i++) {
            const fromY = y * stride - pad + i * dilation;
            if (fromY < 0 || fromY >= height) continue;
            for (let j = 0; j < columns; j++) {
              const fromX = x * stride - pad + j * dilation;
              if (fromX < 0 || fromX >= width) continue;
              for (let c = 0; c < channels; c++) {
                const from = ((n * height + fromY) * width + fromX) * channels +
                  c;
                for (let k = 0; k < outputs; k++) {
                  visit(
                    ((n * outHeight + y) * outWidth + x) * outputs + k,
                    from,
                    ((i * columns + j) * channels + c) * outputs + k,
                  );
                }
              }
            }
          }
        }
      }
    }
  };
  return { shape: [batch, outHeight, outWidth, outputs], walk };
}

/** The transposed convolution of a geometry: left what the convolution would put out, right its filter, result its input. */
export function transposedConvolution(geometry: ConvolutionGeometry): Product {
  const { walk } = convolution(geometry);
  return {
    shape: geometry.input,
    walk: (visit) => walk((o, a, b) => visit(a, o, b)),
  };
}

type Four = [number, number, number, number];
