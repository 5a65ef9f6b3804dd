// PL1 to PL13: the file of metrics; it is whole with every checkpoint, so there is no policy of flushing to choose.
import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  type MetricRow,
  openMetricLog,
  readMetricRows,
} from "../../lib/metrics/metric_log.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { requestOf, TinyProject, train, vaeStep } from "../train/tiny_step.ts";

await startEngine("wasm");

function row(metrics: MetricRow["metrics"], global_step = 1): MetricRow {
  return { kind: "train", epoch: 0, batch: 0, global_step, metrics };
}

Deno.test("PL5-8: NaN and both infinities are written as null, whole numbers stay whole", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    using log = await openMetricLog(path);
    const values = { a: NaN, b: Infinity, c: -Infinity, d: 7, e: 0.5 };
    await log.append(row(values));
    const text = await Deno.readTextFile(path);
    assert.match(
      text,
      /"metrics":{"a":null,"b":null,"c":null,"d":7,"e":0.5}}\n$/,
    );
  });
});

Deno.test("PL10, PL11, TU27-30: a row of a step has its learning rates and what else the step measures", async () => {
  using project = new TinyProject(2);
  const folder = project.folder("vae");
  await train(requestOf(project, vaeStep({ n_epochs: 1 }), { folder }));
  const [first] = await readMetricRows(join(folder, "metrics.jsonl"));
  assert.deepEqual(first!.learning_rates, { vae: 1e-3 });
  for (const name of ["kl_beta", "grad_norm_vae", "skipped_updates"]) {
    assert.equal(typeof first!.metrics[name], "number", name);
  }
});

Deno.test("PL12: a log that is opened again goes on in the same file, behind its rows", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    for (const step of [1, 2]) {
      using log = await openMetricLog(path);
      await log.append(row({ loss: step }, step));
      await log.sync();
    }
    const rows = await readMetricRows(path);
    assert.deepEqual(rows.map(({ global_step }) => global_step), [1, 2]);
  });
});

Deno.test("PL13: each step has its own file, of its own counts", async () => {
  using project = new TinyProject(2);
  const rowsOf = async (name: string) => {
    const folder = project.folder(name);
    await train(requestOf(project, vaeStep({ name, n_epochs: 2 }), { folder }));
    return await readMetricRows(join(folder, "metrics.jsonl"));
  };
  for (const name of ["first", "second"]) {
    const counts = (await rowsOf(name)).map(({ global_step }) => global_step);
    assert.deepEqual(counts, [1, 2], name);
  }
});
