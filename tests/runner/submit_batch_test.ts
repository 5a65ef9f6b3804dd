import assert from "node:assert/strict";
import type { PlannedStep } from "../../lib/plan/plan.ts";
import {
  SlurmExecutor,
  type SlurmScene,
} from "../../lib/runner/slurm_executor.ts";
import { SubmitBatch } from "../../lib/runner/submit_batch.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("a batch that is stopped while its runs wait for each other hands nothing to the cluster", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const stop = new AbortController();
    const batch = new SubmitBatch("m", ["one", "two"]);
    const executor = new SlurmExecutor({
      ...{ runsDir, run: "one", batch, signal: stop.signal },
      ...{ options: {}, command: [], observe: () => {} },
    } as unknown as SlurmScene);
    const step = { name: "act", key: "a" } as unknown as PlannedStep;
    const submitted = executor.submit([step]);
    stop.abort();
    batch.leave("two");
    await assert.rejects(submitted, { name: "AbortError" });
    assert.deepEqual([...Deno.readDirSync(runsDir)], []);
  });
});
