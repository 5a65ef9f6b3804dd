import assert from "node:assert/strict";
import { compareRuns } from "../../lib/history/compare_runs.ts";
import { textChart } from "../../lib/history/text_chart.ts";
import { runComparisonPage } from "../../lib/report/run_comparison_page.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { recordRun } from "../report/recorded_run.ts";

Deno.test("compareRuns() pairs options, metrics and the curves of steps whose work differs", async () => {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs, { run: "first" });
    await recordRun(runs, { run: "second", shift: 1, text: "<b>other</b>" });
    const compared = await compareRuns(runs, ["first", "second"]);
    assert.deepEqual(compared.steps, [
      { name: "on", relation: "differs" },
      { name: "off", relation: "same" },
      { name: "judge", relation: "same" },
      { name: "later", relation: "same" },
    ]);
    assert.deepEqual(compared.options, [{
      path: "training.pipeline.steps.on.note",
      a: "plain",
      b: "<b>other</b>",
    }]);
    const loss = compared.metrics.find(({ step, metric }) =>
      step === "on" && metric === "loss"
    );
    assert.deepEqual(loss, { step: "on", metric: "loss", a: 0.2, b: 1.2 });
    const [curve] = compared.curves;
    assert.deepEqual([curve!.step, curve!.metric], ["on", "loss"]);
    assert.deepEqual([curve!.a[0], curve!.b[0]], [[1, 1.1], [1, 2.1]]);
    assert.deepEqual(
      new Set(compared.curves.map(({ step }) => step)),
      new Set(["on"]),
    );
    const page = runComparisonPage(compared);
    assert.match(page, /<b>on\.loss<\/b>/);
    assert.match(page, /&lt;b&gt;other/);
    assert.doesNotMatch(page, /<b>other/);
    await assert.rejects(
      compareRuns(runs, ["first", "second"], { metric: "los" }),
      {
        name: "UsageError",
        message: /Cannot draw "los".*did you mean "loss"\?$/,
      },
    );
  });
});

Deno.test("textChart() draws both curves on one logarithmic axis, and marks where they meet", () => {
  const lines = textChart({
    a: [[0, 100], [1, 10], [2, 1]],
    b: [[0, 100], [1, 100], [2, 10]],
    width: 3,
    height: 3,
    format: String,
  });
  assert.deepEqual(lines, [
    "100 |#B",
    "    | AB",
    "  1 |  A",
    "    +---",
    "     0 2",
  ]);
  const flat = { a: [[5, -1]], b: [], width: 4, height: 3, format: String };
  assert.deepEqual(
    textChart(flat as unknown as Parameters<typeof textChart>[0]),
    [
      "-1 |",
      "   |A",
      "-1 |",
      "   +----",
      "    5  5",
    ],
  );
  assert.deepEqual(
    textChart({ a: [], b: [], width: 4, height: 3, format: String }),
    [],
  );
});
