import assert from "node:assert/strict";
import { join } from "node:path";
import { StoredStateError } from "../../lib/error/failure.ts";
import {
  type MetricRow,
  openMetricLog,
  openTimingLog,
  readMetricRows,
} from "../../lib/metrics/metric_log.ts";

function row(globalStep: number, loss: number): MetricRow {
  return {
    kind: "train",
    epoch: 0,
    batch: globalStep,
    global_step: globalStep,
    metrics: { vae_loss: loss },
    learning_rates: { vae: 0.001 },
  };
}

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(join(folder, "metrics.jsonl"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("RowLog.append() writes one line of JSON with null for what is not finite", async () => {
  await inFolder(async (path) => {
    {
      using log = await openMetricLog(path);
      await log.append(row(0, 0.5));
      await log.append(row(1, NaN));
      await log.sync();
      assert.equal(log.byteLength, (await Deno.stat(path)).size);
    }
    assert.equal(
      await Deno.readTextFile(path),
      '{"kind":"train","epoch":0,"batch":0,"global_step":0,"metrics":{"vae_loss":0.5},"learning_rates":{"vae":0.001}}\n' +
        '{"kind":"train","epoch":0,"batch":1,"global_step":1,"metrics":{"vae_loss":null},"learning_rates":{"vae":0.001}}\n',
    );
    assert.deepEqual(
      (await readMetricRows(path)).map(({ metrics }) => metrics.vae_loss),
      [0.5, null],
    );
  });
});

Deno.test("RowLog.truncate() makes a resumed log equal an undisturbed one", async () => {
  await inFolder(async (path) => {
    const write = async (
      target: string,
      from: number,
      to: number,
      keep: number,
    ) => {
      using log = await openMetricLog(target);
      await log.truncate(keep);
      for (let k = from; k < to; k++) await log.append(row(k, Math.sin(k)));
      return log.byteLength;
    };
    const checkpoint = await write(path, 0, 3, 0);
    await write(path, 3, 6, checkpoint);
    await write(path, 3, 8, checkpoint);
    await write(`${path}.straight`, 0, 8, 0);
    assert.equal(
      await Deno.readTextFile(path),
      await Deno.readTextFile(`${path}.straight`),
    );
  });
});

Deno.test("RowLog.truncate() refuses a place where no row ends, and one behind the end", async () => {
  await inFolder(async (path) => {
    using log = await openMetricLog(path);
    await log.append(row(0, 1));
    await assert.rejects(log.truncate(5), StoredStateError);
    await assert.rejects(log.truncate(log.byteLength + 1), StoredStateError);
    assert.deepEqual(await readMetricRows(path), [row(0, 1)]);
  });
});

Deno.test("readMetricRows() gives nothing for an absent log and leaves out a torn row", async () => {
  await inFolder(async (path) => {
    assert.deepEqual(await readMetricRows(path), []);
    await Deno.writeTextFile(
      path,
      `${JSON.stringify(row(0, 1))}\n{"kind":"tra`,
    );
    assert.deepEqual(await readMetricRows(path), [row(0, 1)]);
  });
});

Deno.test("readMetricRows() names the line that is not a row", async () => {
  await inFolder(async (path) => {
    await Deno.writeTextFile(path, `${JSON.stringify(row(0, 1))}\nnonsense\n`);
    await assert.rejects(
      readMetricRows(path),
      (error) =>
        error instanceof StoredStateError &&
        error.message ===
          `Cannot read metric row at "${path}:2": it is not JSON`,
    );
    await Deno.writeTextFile(path, '{"metrics":{}}\n');
    await assert.rejects(readMetricRows(path), StoredStateError);
  });
});

Deno.test("openTimingLog() keeps what a clock says", async () => {
  await inFolder(async (path) => {
    using log = await openTimingLog(path);
    await log.append({
      global_step: 3,
      time: "2026-01-01T00:00:00.000Z",
      seconds: { update: 0.25 },
    });
    assert.equal(
      await Deno.readTextFile(path),
      '{"global_step":3,"time":"2026-01-01T00:00:00.000Z","seconds":{"update":0.25}}\n',
    );
  });
});
