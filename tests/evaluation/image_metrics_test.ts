// Picture measures on values worked out by hand.
import { ok, strictEqual, throws } from "node:assert/strict";
import {
  meanAbsoluteError,
  psnr,
  ssim,
} from "../../lib/evaluation/image_metrics.ts";
import { unitValues } from "../../lib/evaluation/picture.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";

const SIZE = { height: 16, width: 12 };

Deno.test("meanAbsoluteError() is the mean of the distances", () => {
  const a = Float32Array.of(0, 0.5, 1, 0.25);
  const b = Float32Array.of(0.5, 0.5, 0, 0.5);
  strictEqual(meanAbsoluteError(a, b), (0.5 + 0 + 1 + 0.25) / 4);
  strictEqual(meanAbsoluteError(b, a), meanAbsoluteError(a, b));
});

Deno.test("meanAbsoluteError() refuses arrays that do not match", () => {
  throws(
    () => meanAbsoluteError(new Float32Array(3), new Float32Array(6)),
    RangeError,
  );
  throws(
    () => meanAbsoluteError(new Float32Array(0), new Float32Array(0)),
    RangeError,
  );
});

Deno.test("psnr() of a tenth of the range everywhere is 20 dB", () => {
  const a = new Float32Array(12).fill(0.5);
  const b = new Float32Array(12).fill(0.6);
  close(psnr(a, b), 20, 1e-5);
});

Deno.test("psnr() of equal pictures is 100 dB, so that means stay finite", () => {
  const a = plane(0.5);
  strictEqual(psnr(a, a), 100);
});

Deno.test("ssim() of identical pictures is 1", () => {
  const a = noise("a");
  close(ssim(a, a, SIZE), 1, 1e-12);
});

Deno.test("ssim() of two plain pictures is their luminance term", () => {
  const expected = (2 * 0.25 * 0.75 + 1e-4) / (0.25 ** 2 + 0.75 ** 2 + 1e-4);
  close(ssim(plane(0.25), plane(0.75), SIZE), expected, 1e-6);
});

Deno.test("ssim() is symmetric, small for unrelated noise and negative for the negative", () => {
  const a = noise("a");
  const b = noise("b");
  close(ssim(a, b, SIZE), ssim(b, a, SIZE), 1e-12);
  ok(Math.abs(ssim(a, b, SIZE)) < 0.2);
  ok(ssim(a, a.map((value) => 1 - value), SIZE) < -0.5);
});

Deno.test("ssim() takes pictures that are smaller than its window", () => {
  const size = { height: 4, width: 5 };
  const a = new Float32Array(60).map((_, at) => at / 60);
  close(ssim(a, a, size), 1, 1e-12);
  throws(() => ssim(a, a, SIZE), RangeError);
});

Deno.test("ssim() of a 3x3 picture is the formula over one Gaussian window", () => {
  const size = { height: 3, width: 3 };
  const values = [0, 0.2, 0.4, 0.1, 0.9, 0.3, 0.6, 0.8, 0.5];
  const others = [0.1, 0.1, 0.5, 0.2, 0.7, 0.3, 0.4, 0.9, 0.6];
  const rgb = (plane: readonly number[]) =>
    Float32Array.from(plane.flatMap((value) => [value, value, value]));
  const weights = values.map((_, at) => {
    const [y, x] = [Math.floor(at / 3) - 1, at % 3 - 1];
    return Math.exp(-(x * x + y * y) / (2 * 1.5 ** 2));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (of: (at: number) => number) =>
    weights.reduce((sum, weight, at) => sum + weight / total * of(at), 0);
  const [mA, mB] = [mean((at) => values[at]!), mean((at) => others[at]!)];
  const vA = mean((at) => (values[at]! - mA) ** 2);
  const vB = mean((at) => (others[at]! - mB) ** 2);
  const cov = mean((at) => (values[at]! - mA) * (others[at]! - mB));
  const expected = (2 * mA * mB + 1e-4) * (2 * cov + 9e-4) /
    ((mA ** 2 + mB ** 2 + 1e-4) * (vA + vB + 9e-4));
  close(ssim(rgb(values), rgb(others), size), expected, 1e-6);
});

Deno.test("unitValues() clips to the range and moves it to 0..1", () => {
  const unit = unitValues(Float32Array.of(-3, -1, 0, 0.5, 1, 7));
  strictEqual([...unit].join(" "), "0 0 0.5 0.75 1 1");
});

function plane(value: number): Float32Array {
  return new Float32Array(SIZE.height * SIZE.width * 3).fill(value);
}

function noise(name: string): Float32Array {
  const values = plane(0);
  RandomStream.of(1, name).fillUniform(values);
  return values;
}

function close(found: number, wanted: number, tolerance: number): void {
  ok(Math.abs(found - wanted) <= tolerance, `${found}, wanted ${wanted}`);
}
