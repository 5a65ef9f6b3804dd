// References of operations on pictures [N, H, W, C]: pooling, resizing, norms over groups of channels, Bezier activations.
import { at, build, type Numbers } from "./reference_array.ts";
import { sigmoid } from "./reference_elementwise.ts";

type Four = [number, number, number, number];

/** Means of windows of `side` by `side`, without padding. */
export function pooled(
  x: Numbers,
  side: number,
  stride: number,
): Numbers {
  const [batch, height, width, channels] = x.shape as Four;
  const count = (length: number) => Math.floor((length - side) / stride) + 1;
  const shape = [batch, count(height), count(width), channels];
  return build(shape, ([n, row, column, c]) => {
    let sum = 0;
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        sum += at(x, [n!, row! * stride + i, column! * stride + j, c!]);
      }
    }
    return sum / side ** 2;
  });
}

/** Resizing; `halfPixel`: a pixel's value stands at its middle. */
export function resized(
  x: Numbers,
  [toHeight, toWidth]: readonly [number, number],
  kind: "bilinear" | "nearest",
  options: { readonly halfPixel: boolean; readonly alignCorners: boolean },
): Numbers {
  const [batch, height, width, channels] = x.shape as Four;
  const source = (place: number, from: number, to: number): number => {
    if (options.alignCorners) {
      return to > 1 ? place * (from - 1) / (to - 1) : 0;
    }
    return options.halfPixel
      ? (place + 0.5) * from / to - 0.5
      : place * from / to;
  };
  const shape = [batch, toHeight, toWidth, channels];
  return build(shape, ([n, row, column, c]) => {
    const y = source(row!, height, toHeight);
    const x0 = source(column!, width, toWidth);
    if (kind === "nearest") {
      const [i, j] = options.halfPixel
        ? [Math.floor(y + 0.5), Math.floor(x0 + 0.5)]
        : [Math.floor(y), Math.floor(x0)];
      return at(x, [n!, inside(i, height), inside(j, width), c!]);
    }
    const [fy, fx] = [y - Math.floor(y), x0 - Math.floor(x0)];
    const corner = (i: number, j: number) =>
      at(x, [
        n!,
        inside(Math.floor(y) + i, height),
        inside(Math.floor(x0) + j, width),
        c!,
      ]);
    const above = corner(0, 0) * (1 - fx) + corner(0, 1) * fx;
    const below = corner(1, 0) * (1 - fx) + corner(1, 1) * fx;
    return above * (1 - fy) + below * fy;
  });
}

function inside(place: number, side: number): number {
  return Math.min(side - 1, Math.max(0, place));
}

/** Each group of channels to mean 0 and variance 1 over its channels and all places. */
export function groupNormalized(
  x: Numbers,
  groups: number,
  epsilon: number,
): Numbers {
  const [batch, height, width, channels] = x.shape as Four;
  const size = channels / groups;
  const means: number[] = [];
  const deviations: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < groups; group++) {
      const members: number[] = [];
      for (let place = 0; place < height * width; place++) {
        for (let c = group * size; c < (group + 1) * size; c++) {
          members.push(x.values[(n * height * width + place) * channels + c]!);
        }
      }
      const mean = members.reduce((sum, one) => sum + one, 0) / members.length;
      const variance = members.reduce((sum, one) =>
        sum + (one - mean) ** 2, 0) /
        members.length;
      means.push(mean);
      deviations.push(Math.sqrt(variance + epsilon));
    }
  }
  return build(x.shape, ([n, , , c], index) => {
    const group = n! * groups + Math.floor(c! / size);
    return (x.values[index]! - means[group]!) / deviations[group]!;
  });
}

/** Cubic Bezier curves of five parts of the last axis: the parameter through a sigmoid, then the control points. */
export function bezier(x: Numbers, points: "silu" | "none"): Numbers {
  const features = x.shape.at(-1)! / 5;
  return build([...x.shape.slice(0, -1), features], (place) => {
    const part = (k: number) =>
      at(x, place.with(-1, k * features + place.at(-1)!));
    const control = (k: number) =>
      points === "silu" ? part(k) * sigmoid(part(k)) : part(k);
    const t = sigmoid(part(0));
    const s = 1 - t;
    return s ** 3 * control(1) + 3 * s * s * t * control(2) +
      3 * s * t * t * control(3) + t ** 3 * control(4);
  });
}
