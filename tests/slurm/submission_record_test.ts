import assert from "node:assert/strict";
import type { PlannedStep } from "../../lib/plan/plan.ts";
import {
  plannedStep,
  readSubmission,
  submissionFolder,
  writeSubmission,
} from "../../lib/slurm/submission_record.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("readSubmission() answers the steps of several runs as writeSubmission() got them", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const options = { name: "act", task: "script" };
    const planned = {
      ...{ name: "act", needs: ["before"], key: "0123456789abcdef" },
      ...{ step: options, request: { options } },
    } as unknown as PlannedStep;
    const head = { id: "0f", runsDir, saveBeforeSeconds: 60 };
    await writeSubmission(head, [
      { run: "one", step: planned },
      { run: "two", step: planned },
    ]);
    const { steps, ...rest } = await readSubmission(
      submissionFolder(runsDir, "0f"),
    );
    assert.deepEqual(steps.map(({ run }) => run), ["one", "two"]);
    assert.deepEqual(steps.map(plannedStep), [planned, planned]);
    assert.deepEqual(rest, { version: 2, ...head });
  });
});
