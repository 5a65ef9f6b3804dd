// Samples of what `deno task test:long` measures: a leak shows at this length too.
import assert from "node:assert/strict";
import { runCli } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { watchTraining } from "./long_training.ts";
import { writeManyRuns } from "./many_steps.ts";

Deno.test("a train step keeps no tensor from one update to the next", async () => {
  const moments = await watchTraining(120, 10);
  assert.ok(moments.length >= 11);
  const counts = new Set(moments.map(({ tensors }) => tensors));
  assert.equal(counts.size, 1, [...counts].join(", "));
});

Deno.test("status lists a hundred runs, each once", async () => {
  await withTemporaryFolder(async (folder) => {
    const runs = `${folder}/runs`;
    await writeManyRuns(runs, 100);
    const { code, out } = await runCli(["status", "--runs", runs]);
    assert.equal(code, 0);
    assert.equal(out.match(/^Run run\d+ /gm)?.length, 100);
  });
});
