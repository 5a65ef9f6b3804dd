// Cases of what networks are made of: products, convolutions, pooling and resizing.
import { tf } from "../../lib/tensor/tf.ts";
import { type CaseDraft, casesOf, type OpCase } from "./op_case.ts";
import { pooled, resized } from "./reference_pictures.ts";
import {
  convolution,
  matrixProduct,
  type Product,
  productGradients,
  productOf,
  transposedConvolution,
} from "./reference_products.ts";

type Four = [number, number, number, number];

/** The reference of a product, value and gradients. */
function byTerms(product: Product): Pick<CaseDraft, "reference" | "gradient"> {
  return {
    reference: ([left, right]) => productOf(product, left!, right!),
    gradient: ([left, right], dy) =>
      productGradients(product, left!, right!, dy),
  };
}

const PRODUCTS: readonly OpCase[] = casesOf(
  "BatchMatMul",
  ([
    [[5, 3], [3, 4], [false, false]],
    [[37, 21], [21, 29], [false, false]],
    [[3, 9], [3, 17], [true, false]],
    [[8, 6], [11, 6], [false, true]],
    [[21, 37], [29, 21], [true, true]],
    [[2, 5, 3], [2, 4, 5], [true, true]],
    [[3, 17, 20], [3, 20, 33], [false, false]],
    [[2, 3, 7, 4], [2, 3, 4, 16], [false, false]],
    [[3, 900], [900, 5], [false, false]],
    [[1, 6, 4], [3, 4, 8], [false, false]],
    [[3, 6, 4], [1, 4, 1], [false, false]],
    [[1, 1], [1, 1], [false, false]],
    [[0, 3], [3, 4], [false, false]],
    [[2, 0], [0, 3], [false, false]],
  ] as [number[], number[], [boolean, boolean]][]).map(
    ([left, right, flags]) => {
      const isRepeated = left.length > 2 && left[0] !== right[0];
      const turned = flags.some((flag) => flag) ? `, turned ${flags}` : "";
      return {
        name: `[${left}] by [${right}]${turned}`,
        inputs: [left, right],
        run: (a, b) => tf.matMul(a!, b!, ...flags),
        ...byTerms(matrixProduct(left, right, flags)),
        // tfjs has no gradient where one matrix is repeated over a batch.
        ...(isRepeated ? { gradient: "none" } : {}),
      };
    },
  ),
);

interface ConvolutionSizes {
  readonly input: Four;
  readonly filter: Four;
  readonly stride?: number;
  readonly pad?: number;
  readonly dilation?: number;
}

const CONVOLUTIONS: readonly OpCase[] = casesOf(
  "Conv2D",
  ([
    { input: [2, 7, 6, 5], filter: [3, 3, 5, 10], pad: 1 },
    { input: [2, 9, 8, 3], filter: [3, 3, 3, 5], pad: 1 },
    { input: [2, 8, 8, 4], filter: [3, 3, 4, 8], pad: 2, dilation: 2 },
    { input: [1, 9, 9, 3], filter: [5, 5, 3, 7], pad: 4, dilation: 2 },
    { input: [2, 10, 8, 4], filter: [5, 5, 4, 6], pad: 4, dilation: 2 },
    { input: [2, 8, 8, 5], filter: [4, 4, 5, 15], stride: 2, pad: 1 },
    { input: [1, 16, 16, 9], filter: [8, 8, 9, 11], stride: 2, pad: 3 },
    { input: [1, 7, 7, 3], filter: [3, 3, 3, 4], stride: 2, pad: 1 },
    { input: [2, 5, 4, 3], filter: [1, 1, 3, 2] },
    { input: [1, 1, 1, 1], filter: [3, 3, 1, 1], pad: 1 },
    // Widths between those that vectors are made for.
    { input: [1, 4, 4, 40], filter: [3, 3, 40, 24], pad: 1 },
    { input: [1, 4, 4, 24], filter: [4, 4, 24, 40], stride: 2, pad: 1 },
    { input: [1, 4, 4, 40], filter: [4, 4, 40, 20], stride: 2, pad: 1 },
  ] as ConvolutionSizes[]).map(
    ({ input, filter, stride = 1, pad = 0, dilation = 1 }) => ({
      name:
        `[${input}] by [${filter}], stride ${stride}, pad ${pad}, dilation ${dilation}`,
      inputs: [input, filter],
      run: (x, w) =>
        tf.conv2d(
          x as tf.Tensor4D,
          w as tf.Tensor4D,
          stride,
          pad,
          "NHWC",
          dilation,
        ),
      ...byTerms(convolution({ input, filter, stride, pad, dilation })),
    }),
  ),
);

/** Doubling, as the models do it: the kernel is even, and half of it but one is cut off. */
const GROWING: readonly OpCase[] = casesOf(
  "Conv2DBackpropInput",
  ([
    [[2, 4, 4, 6], [4, 4, 10, 6]],
    [[1, 3, 5, 4], [16, 16, 5, 4]],
    [[1, 2, 2, 8], [2, 2, 4, 8]],
    [[1, 1, 1, 1], [4, 4, 1, 1]],
    [[1, 2, 2, 8], [4, 4, 40, 8]],
    [[1, 2, 2, 3], [4, 4, 24, 3]],
    [[1, 2, 2, 3], [4, 4, 48, 3]],
  ] as [Four, Four][]).map(([from, filter]) => {
    const [batch, height, width] = from;
    const input: Four = [batch, 2 * height, 2 * width, filter[2]];
    const pad = filter[0] / 2 - 1;
    return {
      name: `[${from}] by [${filter}] to [${input}]`,
      inputs: [from, filter],
      run: (x, w) =>
        tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, input, 2, pad),
      ...byTerms(
        transposedConvolution({ input, filter, stride: 2, pad, dilation: 1 }),
      ),
    };
  }),
);

const POOLING: readonly OpCase[] = casesOf(
  "AvgPool",
  ([
    [[2, 6, 4, 3], 2, 2],
    [[1, 7, 5, 2], 2, 2],
    [[1, 7, 7, 2], 3, 2],
    [[1, 1, 1, 1], 1, 1],
  ] as [Four, number, number][]).map(([shape, side, stride]) => ({
    name: `[${shape}], windows of ${side}, stride ${stride}`,
    inputs: [shape],
    run: (x) => tf.avgPool(x as tf.Tensor4D, side, stride, "valid"),
    reference: ([x]) => pooled(x!, side, stride),
  })),
);

const SIZES: readonly [Four, [number, number]][] = [
  [[1, 3, 4, 2], [6, 8]],
  [[2, 4, 4, 3], [5, 7]],
  [[1, 8, 6, 2], [4, 3]],
  [[1, 1, 1, 3], [4, 4]],
  [[1, 5, 5, 1], [5, 5]],
];

const RESIZING: readonly OpCase[] = (["bilinear", "nearest"] as const).flatMap(
  (kind) =>
    casesOf(
      kind === "bilinear" ? "ResizeBilinear" : "ResizeNearestNeighbor",
      SIZES.map(([shape, to]) => ({
        name: `[${shape}] to [${to}]`,
        inputs: [shape],
        run: (x) =>
          kind === "bilinear"
            ? tf.image.resizeBilinear(x as tf.Tensor4D, to, false, true)
            : tf.image.resizeNearestNeighbor(
              x as tf.Tensor4D,
              to,
              false,
              false,
            ),
        reference: ([x]) =>
          resized(x!, to, kind, {
            halfPixel: kind === "bilinear",
            alignCorners: false,
          }),
      })),
    ),
);

/** All of them. */
export const NETWORK_CASES: readonly OpCase[] = [
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...GROWING,
  ...POOLING,
  ...RESIZING,
];
