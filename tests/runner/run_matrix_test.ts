import assert from "node:assert/strict";
import type { Matrix } from "../../lib/config/load_matrix.ts";
import { FileLock, type LockState } from "../../lib/disk/file_lock.ts";
import { matrixPaths } from "../../lib/matrix/matrix_record.ts";
import { runMatrix } from "../../lib/runner/run_matrix.ts";
import { StopControl } from "../../lib/runner/stop_control.ts";
import { readEvents } from "../../lib/store/run_record.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { ACT, matrixOf } from "./script_matrix.ts";

/** How often each step was really run, by step, over all runs. */
async function stepsRun(
  runsDir: string,
  ...matrices: readonly Matrix[]
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const runs = new Set(
    matrices.flatMap(({ cells }) => cells.map(({ cell }) => cell.run)),
  );
  for (const run of runs) {
    for (const { kind, step = "" } of await readEvents(runsDir, run)) {
      if (kind === "step_finished") counts[step] = (counts[step] ?? 0) + 1;
    }
  }
  return counts;
}

Deno.test("runMatrix() trains what cells share once, adds cells at their own cost, and keeps going past a failure", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const good = "{name: good, value: {returns: {metrics: {a: 1}}}}";
    const two = await matrixOf(
      `${ACT}=${good},{name: bad, value: {fail: no luck}}`,
    );
    const labels = two.cells.map(({ cell }) => cell.label);
    assert.deepEqual(labels, ["with-good", "with-bad"]);
    // Nothing of the matrix is free between its first cell's start and its last one's end, which no run's lock would show.
    const { lock } = matrixPaths(runsDir, two.name);
    const looks: Promise<LockState>[] = [];
    const look = () => void looks.push(FileLock.inspect(lock));
    const first = await runMatrix(two, { runsDir, jobs: 2, onEnd: look });
    look();
    assert.deepEqual(
      (await Promise.all(looks)).map(({ kind }) => kind),
      ["held", "held", "free"],
    );
    assert.deepEqual(await stepsRun(runsDir, two), {
      numbers: 1,
      total: 1,
      act: 1,
    });
    assert.equal(first.exitCode, 4);
    assert.deepEqual(
      first.facts.results.map(({ state }) => state),
      ["done", "failed"],
    );
    const { rows } = first.facts;
    assert.deepEqual(rows.map(({ mean }) => mean), [286, 286]);
    const page = await Deno.readTextFile(first.report ?? "");
    assert.match(page, /Best of 2: with-(good|bad) with total.total 286/);
    assert.match(page, /href="\.\.\/scripts\.with-good\/report\.html"/);

    const more = await matrixOf(
      `${ACT}=${good},{name: new, value: {}}`,
    );
    // Another process that works on it keeps nobody out.
    const other = await FileLock.tryAcquire(lock);
    assert.ok(other.ok);
    const second = await runMatrix(more, { runsDir });
    await other.lock[Symbol.asyncDispose]();
    assert.equal(second.exitCode, 0);
    assert.deepEqual(
      second.ended.map(({ label, summary }) => [label, summary?.outcome]),
      [["with-good", "nothing_to_do"], ["with-new", "done"]],
    );
    assert.deepEqual(await stepsRun(runsDir, two, more), {
      numbers: 1,
      total: 1,
      act: 2,
    });
  });
});

Deno.test("runMatrix() with failFast starts nothing after the first failure, and the next call goes on", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const matrix = await matrixOf(
      `${ACT}={name: bad, value: {until_attempt: 2}},{name: good, value: {}}`,
    );
    const first = await runMatrix(matrix, { runsDir, failFast: true });
    assert.equal(first.exitCode, 4);
    assert.deepEqual(
      first.facts.results.map(({ state }) => state),
      ["failed", "waiting"],
    );
    const second = await runMatrix(matrix, { runsDir, failFast: true });
    assert.equal(second.exitCode, 0);
    assert.deepEqual(
      second.facts.results.map(({ state }) => state),
      ["done", "done"],
    );
  });
});

Deno.test("runMatrix() that is stopped starts no further cell, and the next call goes on", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const matrix = await matrixOf(
      `${ACT}={name: one, value: {}},{name: two, value: {ticks: 1}}`,
    );
    const stop = new StopControl();
    const stopped = await runMatrix(matrix, {
      ...{ runsDir, stop },
      onEnd: () => stop.request("SIGTERM"),
    });
    assert.equal(stopped.exitCode, 143);
    assert.deepEqual(
      stopped.facts.results.map(({ state }) => state),
      ["done", "waiting"],
    );
    const again = await runMatrix(matrix, { runsDir });
    assert.equal(again.exitCode, 0);
    assert.deepEqual(
      again.ended.map(({ summary }) => summary?.outcome),
      ["nothing_to_do", "done"],
    );
  });
});
