// The original's draws of time steps against the golden file.
import assert from "node:assert/strict";
import {
  cosineTimeDistribution,
  timeAt,
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
