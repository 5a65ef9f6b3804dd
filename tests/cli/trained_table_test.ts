// The closing table of a run: what each train step did.
import assert from "node:assert/strict";
import { trainedTable } from "../../lib/cli/trained_table.ts";
import type { StepSummary } from "../../lib/runner/run_summary.ts";

const PLAIN = { trained: null, dataWaitShare: null, files: null };

function summaries(...steps: object[]): StepSummary[] {
  return steps.map((step) => ({ ...PLAIN, ...step })) as StepSummary[];
}

Deno.test("trainedTable() shows losses, updates, images, the wait for data, what was left out, what was frozen, and files", () => {
  const lines = trainedTable(summaries(
    { name: "emoji" },
    {
      name: "vae",
      trained: {
        updates: 48,
        batches: 50,
        skipped: 2,
        corrupt: 1,
        images: 399,
        loss: { first: 0.96294, last: 0.2 },
        frozen: [],
      },
      dataWaitShare: 0.0043,
      files: { count: 7, bytes: 2048 },
    },
    {
      name: "flow",
      trained: {
        ...{ updates: null, batches: 9, skipped: 0, corrupt: 0, images: null },
        ...{ loss: null, frozen: ["compressor", "text_encoder"] },
      },
      dataWaitShare: 0.25,
    },
  ));
  assert.equal(lines.length, 3);
  const cells = lines.map((line) => line.trim().split(/\s{2,}/));
  assert.deepEqual(cells[1], [
    ...["vae", "0.9629 to 0.2", "48", "399", "0.4 %"],
    ...["2 batches, 1 sample", "-", "7, 2.0 kB"],
  ]);
  assert.deepEqual(cells[2], [
    ...["flow", "-", "-", "-", "25 %", "-", "compressor, text_encoder", "-"],
  ]);
  assert.deepEqual(trainedTable(summaries({ name: "emoji" })), []);
});
