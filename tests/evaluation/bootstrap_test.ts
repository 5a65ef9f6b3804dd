// The bootstrap against what is known of means, and verdicts that say no more than their interval.
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { bootstrapInterval, meanOf } from "../../lib/evaluation/bootstrap.ts";
import { verdict, type VerdictSubject } from "../../lib/evaluation/verdict.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";

const SUBJECT: VerdictSubject = {
  metric: "recon_l1",
  direction: "lower",
  difference: -0.0031,
  interval: [-0.0042, -0.0021],
  count: 200,
  treatment: "spade_on",
  control: "spade_off",
  seeds: 1,
};

Deno.test("bootstrapInterval() of equal values is that value", () => {
  const interval = bootstrapInterval([2, 2, 2], { samples: 100, seed: 1 });
  deepStrictEqual(interval, [2, 2]);
});

Deno.test("bootstrapInterval() comes near the normal interval of a mean", () => {
  const stream = RandomStream.of(3, "observations");
  const values = Array.from({ length: 400 }, () => 5 + 2 * stream.normal());
  const [low, high] = bootstrapInterval(values, { samples: 4000, seed: 1 });
  const mean = meanOf(values);
  const spread = Math.sqrt(
    meanOf(values.map((value) => (value - mean) ** 2)) / values.length,
  );
  ok(Math.abs(low - (mean - 1.96 * spread)) < 0.15 * spread);
  ok(Math.abs(high - (mean + 1.96 * spread)) < 0.15 * spread);
});

Deno.test("bootstrapInterval() is the same for the same seed and another for another", () => {
  const values = [0.1, 0.5, -0.3, 0.2, 0.9, -0.7];
  const of = (seed: number) =>
    bootstrapInterval(values, { samples: 500, seed });
  deepStrictEqual(of(7), of(7));
  ok(of(7)[0] !== of(8)[0] || of(7)[1] !== of(8)[1]);
});

Deno.test("bootstrapInterval() of a smaller level lies inside", () => {
  const values = Array.from({ length: 50 }, (_, at) => Math.sin(at * 12.9));
  const options = { samples: 2000, seed: 1 };
  const wide = bootstrapInterval(values, options);
  const narrow = bootstrapInterval(values, { ...options, level: 0.5 });
  ok(wide[0] < narrow[0] && narrow[1] < wide[1]);
});

Deno.test("bootstrapInterval() refuses a single value", () => {
  throws(() => bootstrapInterval([1], { samples: 100, seed: 1 }), RangeError);
});

Deno.test("verdict() says better where the whole interval is on the better side", () => {
  deepStrictEqual(verdict(SUBJECT), {
    outcome: "better",
    sentence:
      '"spade_on" is better than "spade_off" in recon_l1, where lower is better: -0.00310, 95 % interval -0.00420 to -0.00210 over 200 images, one seed',
  });
  const higher = { ...SUBJECT, metric: "ssim", direction: "higher" } as const;
  strictEqual(verdict({ ...higher, interval: [0.1, 0.2] }).outcome, "better");
});

Deno.test("verdict() says worse where the whole interval is on the other side", () => {
  strictEqual(verdict({ ...SUBJECT, interval: [0.1, 0.2] }).outcome, "worse");
  strictEqual(
    verdict({ ...SUBJECT, direction: "higher" }).outcome,
    "worse",
  );
});

Deno.test("verdict() shows no difference where the interval holds or touches 0, and names its scope", () => {
  const subject = {
    ...SUBJECT,
    difference: 0.25,
    interval: [-0.5, 1],
    seeds: 3,
  } as const;
  deepStrictEqual(verdict(subject), {
    outcome: "no_difference_shown",
    sentence:
      'No difference shown between "spade_on" and "spade_off" in recon_l1: +0.250, 95 % interval -0.500 to +1.00 over 200 images, 3 seeds',
  });
  for (const interval of [[0, 1], [-1, 0], [0, 0], [NaN, NaN]] as const) {
    strictEqual(
      verdict({ ...SUBJECT, interval }).outcome,
      "no_difference_shown",
    );
  }
});
