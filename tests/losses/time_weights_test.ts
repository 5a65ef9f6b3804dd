// The original's draws of time steps against the golden file.
import assert from "node:assert/strict";
import {
  cosineTimeDistribution,
  timeAt,
  timeSampler,
  type TimeSampling,
} from "../../lib/losses/time_weights.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import golden from "../fixtures/fluxflow_golden.json" with { type: "json" };

const CDF = golden["sample_t_cdf(P(t<=i))"] as Record<string, number>;

Deno.test("cosineTimeDistribution() equals the original's", () => {
  const distribution = cosineTimeDistribution(1000);
  for (const [time, wanted] of Object.entries(CDF)) {
    assert.ok(
      Math.abs(distribution[Number(time)]! - wanted) < 1e-6,
      `P(t <= ${time}) is ${distribution[Number(time)]} for ${wanted}`,
    );
  }
});

Deno.test("timeAt() turns uniform numbers into times of that distribution", () => {
  const distribution = cosineTimeDistribution(1000);
  assert.equal(timeAt(distribution, 0), 0);
  assert.equal(timeAt(distribution, distribution[0]!), 1);
  // The last time has the weight cos²(π/2) and is never drawn.
  assert.equal(timeAt(distribution, 1 - 2 ** -32), 998);
  const stream = RandomStream.of(1, "times");
  const times = Array.from(
    { length: 20_000 },
    () => timeAt(distribution, stream.uniform()),
  );
  for (const [time, wanted] of Object.entries(CDF)) {
    const share = times.filter((one) => one <= Number(time)).length /
      times.length;
    assert.ok(Math.abs(share - wanted) < 0.01, `${time}: ${share}`);
  }
});

Deno.test("timeSampler() keeps within the schedule and draws as its name says", () => {
  const counts = (sampling: TimeSampling) => {
    const draw = timeSampler(sampling, 100);
    const stream = RandomStream.of(3, "times");
    const times = Array.from({ length: 4000 }, () => draw(stream));
    assert.ok(times.every((time) => time >= 0 && time < 100));
    assert.ok(times.every(Number.isInteger));
    const share = (from: number, to: number) =>
      times.filter((time) => time >= from && time < to).length / times.length;
    return [share(0, 25), share(25, 75), share(75, 100)] as const;
  };
  const [early, middle, late] = counts("uniform");
  for (const [found, wanted] of [[early, 0.25], [middle, 0.5], [late, 0.25]]) {
    assert.ok(Math.abs(found! - wanted!) < 0.03, `${found}`);
  }
  const cosine = counts("cosine");
  assert.ok(cosine[0] > 5 * cosine[2]);
  // P(|z| < ln 3) of a normal number.
  assert.ok(Math.abs(counts("logit_normal")[1] - 0.728) < 0.03);
});
