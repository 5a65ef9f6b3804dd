// Samples of what `deno task test:long` measures: a square or a leak shows at this length too.
import assert from "node:assert/strict";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { watchTraining } from "./long_training.ts";
import { timedCli, writeManyRuns, writeManySteps } from "./many_steps.ts";

Deno.test("a train step keeps no tensor from one update to the next", async () => {
  const moments = await watchTraining(120, 10);
  assert.ok(moments.length >= 11);
  const counts = new Set(moments.map(({ tensors }) => tensors));
  assert.equal(counts.size, 1, [...counts].join(", "));
});

Deno.test("planning four times the steps, and listing runs, takes no square of the time", async () => {
  await withTemporaryFolder(async (folder) => {
    const runs = `${folder}/runs`;
    const timeOf = async (count: number) => {
      const file = await writeManySteps(folder, count, true);
      const { code, err, ms } = await timedCli(["plan", file, "--runs", runs]);
      assert.equal(code, 0, err);
      return ms;
    };
    await timeOf(10);
    const start = await timeOf(10);
    const small = await timeOf(500) - start;
    const large = await timeOf(2000) - start;
    assert.ok(large < 9 * Math.max(small, 100), `${small} and ${large} ms`);
    await writeManyRuns(runs, 100);
    const { code, out } = await timedCli(["status", "--runs", runs]);
    assert.equal(code, 0);
    assert.equal(out.match(/^Run run\d+ /gm)?.length, 100);
  });
});
