// RE1 to RE11: a step that goes on does so from where it was saved, with the numbers that it would have had.
import assert from "node:assert/strict";
import { join } from "node:path";
import { readCurrent } from "../../lib/checkpoint/load_checkpoint.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  type MetricRow,
  readMetricRows,
} from "../../lib/metrics/metric_log.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import { requestOf, TinyProject, train, vaeStep } from "../train/tiny_step.ts";

await startEngine("wasm");

/** Ten batches an epoch, five epochs. */
const STEP = vaeStep({
  n_epochs: 5,
  batch_size: 1,
  checkpoint: {
    interval_batches: 5,
    interval_minutes: null,
    max_lost_minutes: null,
    keep_last: 2,
    keep_best: null,
  },
});

interface Resumed {
  /** Rows of the undisturbed step. */
  readonly whole: readonly MetricRow[];
  /** Rows that the stopped attempt wrote, and those that the next one added. */
  readonly before: readonly MetricRow[];
  readonly added: readonly MetricRow[];
  /** Of the stopped attempt's last checkpoint. */
  readonly state: Awaited<ReturnType<typeof readCurrent>>["state"];
  readonly logs: readonly string[];
}

let known: Promise<Resumed> | null = null;

/** A step undisturbed, and the same one stopped after batch 35, which is the fifth of its fourth epoch. */
function resumedOnce(): Promise<Resumed> {
  return known ??= resumedRun();
}

async function resumedRun(): Promise<Resumed> {
  using project = new TinyProject(10);
  const rowsOf = (folder: string) =>
    readMetricRows(join(folder, "metrics.jsonl"));
  const undisturbed = project.folder("whole");
  await train(requestOf(project, STEP, { folder: undisturbed }));
  const folder = project.folder("stopped");
  const request = requestOf(project, STEP, { folder });
  await train(request, (done, stop) => done === 35 && stop());
  const before = await rowsOf(folder);
  const { state } = await readCurrent(folder);
  const { logs } = await train(request);
  const added = (await rowsOf(folder)).slice(before.length);
  return { whole: await rowsOf(undisturbed), before, added, state, logs };
}

Deno.test("RE1, RE6: epoch, batch and global step are saved together and found again", async () => {
  const { state, logs } = await resumedOnce();
  assert.deepEqual([state.step_epoch, state.batch, state.global_step], [
    3,
    5,
    35,
  ]);
  assert.ok(logs.includes("continues at epoch 4, batch 6 of 10"), logs.join());
});

Deno.test("RE2: the rate goes on where it was", async () => {
  const { whole, added, state } = await resumedOnce();
  assert.equal(state.optimizers.vae!.count, 35);
  assert.deepEqual(
    added.map((row) => row.learning_rates),
    whole.slice(35).map((row) => row.learning_rates),
  );
  assert.ok(added[0]!.learning_rates!.vae! < whole[0]!.learning_rates!.vae!);
});

Deno.test("RE3, RE7: the rest of the epoch is what an undisturbed one has left, number by number", async () => {
  const { whole, before, added } = await resumedOnce();
  assert.deepEqual([...before, ...added], whole);
});

Deno.test("RE5: a stream of random numbers goes on from its position alone", () => {
  const whole = RandomStream.of(5, "noise");
  const numbers = Array.from({ length: 40 }, () => whole.normal());
  const first = RandomStream.of(5, "noise");
  for (let drawn = 0; drawn < 17; drawn++) first.normal();
  const position: number = JSON.parse(JSON.stringify(first.position));
  const rest = RandomStream.of(5, "noise", position);
  assert.deepEqual(
    Array.from({ length: 23 }, () => rest.normal()),
    numbers.slice(17),
  );
});

Deno.test("RE8, RE13: the saved state is JSON that says where the step is, in what, and by which configuration", async () => {
  const { state } = await resumedOnce();
  const read = JSON.parse(JSON.stringify(state));
  assert.deepEqual(read, state);
  assert.deepEqual(
    [read.current_step_index, read.current_step_name, read.batches_per_epoch],
    [0, "vae", 10],
  );
  assert.deepEqual(read.sampler, { seed: 5, size: 10, batch_size: 1 });
  assert.match(read.pipeline_config, /^[0-9a-f]{64}$/);
  assert.ok(
    read.total_pipeline_progress > 0 && read.total_pipeline_progress < 1,
  );
});

Deno.test("RE9: epochs go on at the saved one and end where they would have", async () => {
  const { added } = await resumedOnce();
  assert.deepEqual([...new Set(added.map((row) => row.epoch))], [3, 4]);
});

Deno.test("RE10: of the saved epoch batches 5 to 9 are trained, and no other", async () => {
  const { added } = await resumedOnce();
  const batches = added.filter((row) => row.epoch === 3).map((row) =>
    row.batch
  );
  assert.deepEqual(batches, [5, 6, 7, 8, 9]);
});

Deno.test("RE11: the global step goes on without a gap and without a repetition", async () => {
  const { added } = await resumedOnce();
  assert.deepEqual(
    added.map((row) => row.global_step),
    Array.from({ length: 15 }, (_, index) => 36 + index),
  );
});
