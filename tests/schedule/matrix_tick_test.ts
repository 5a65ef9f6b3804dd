// A tick whose pipeline is a matrix: the runs of all of its cells are the tick's, whoever started them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT_CODE } from "../../lib/error/exit_code.ts";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { TickHistory } from "../../lib/schedule/history.ts";
import { schedulePaths } from "../../lib/schedule/schedule_paths.ts";
import { matrixPaths } from "../../lib/matrix/matrix_record.ts";
import { runTick } from "../../lib/schedule/tick_run.ts";
import { runPaths } from "../../lib/store/store_layout.ts";
import type { ScheduleEntry } from "../../lib/catalog/schedule_options.ts";
import { loadRuns, namesOfRuns } from "../../lib/config/load_matrix.ts";
import { SCRIPTS } from "../cli/cli_process.ts";
import { schedule } from "./schedule_fixture.ts";

const CELLS = `
matrix:
  axes:
    training.pipeline.steps.act.with.ticks: [1, 2]
`;

/** A history with one tick of the matrix, whose clusters' jobs are only written down. */
async function withTick(
  change: Partial<ScheduleEntry>,
  use: (scene: {
    readonly runs: readonly string[];
    readonly run: (train?: () => Promise<number>) => ReturnType<typeof runTick>;
    readonly lockOf: (run: string) => string;
    readonly matrixLock: string;
    readonly history: TickHistory;
    readonly looked: string[][];
    readonly cancelled: string[][];
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const pipeline = join(folder, "cells.yaml");
    await Deno.writeTextFile(
      pipeline,
      await Deno.readTextFile(SCRIPTS) + CELLS,
    );
    const loaded = await loadRuns(pipeline, { checkPaths: false });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const paths = schedulePaths(folder);
    await Deno.mkdir(paths.locks, { recursive: true });
    using history = await TickHistory.open(paths.history);
    const { id } = history.addManual(
      schedule({ pipeline, ...change }),
      Date.now(),
    );
    const looked: string[][] = [];
    const cancelled: string[][] = [];
    await use({
      runs: namesOfRuns(loaded.value),
      run: (train = () => Promise.resolve(EXIT_CODE.done)) =>
        runTick(id, {
          ...{ history, paths, train, runsDir: folder, stop: () => {} },
          jobs: {
            areThere: (runs) => {
              looked.push([...runs]);
              return Promise.resolve(true);
            },
            cancel: (runs) => {
              cancelled.push([...runs]);
              return Promise.resolve(null);
            },
          },
        }),
      lockOf: (run) => runPaths(folder, run).lock,
      matrixLock: matrixPaths(folder, "scripts").lock,
      ...{ history, looked, cancelled },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs the tick, which must not train, while this process holds a lock. */
async function whileHeld(
  path: string,
  run: (train: () => Promise<number>) => ReturnType<typeof runTick>,
): ReturnType<typeof runTick> {
  const held = await FileLock.tryAcquire(path);
  assert.ok(held.ok);
  await using _lock = held.lock;
  return await run(() => Promise.reject(new Error("was trained")));
}

Deno.test("runTick() of a matrix is skipped while one of its cells runs or somebody is between two of them, and runs when none does", async () => {
  await withTick({}, async ({ runs, run, lockOf, history }) => {
    assert.equal(runs.length, 2);
    const last = runs.at(-1) as string;
    const skipped = await whileHeld(lockOf(last), run);
    assert.ok(skipped.kind === "skipped");
    assert.match(
      skipped.reason,
      new RegExp(`^process ${Deno.pid} .* is running "${last}"$`),
    );
    assert.equal(history.newest(null, 1)[0]?.run, "scripts");
  });
  // A person who trains the matrix is between two of its cells.
  await withTick({}, async ({ run, matrixLock }) => {
    const skipped = await whileHeld(matrixLock, run);
    assert.ok(skipped.kind === "skipped");
    assert.match(skipped.reason, /^process \d+ .* is running "scripts"$/);
  });
  await withTick({}, async ({ run }) => {
    assert.deepEqual(await run(), { kind: "ran", exitCode: EXIT_CODE.done });
  });
});

Deno.test("runTick() of a matrix asks for the jobs of all cells, and cancels all where max_run_time is over", async () => {
  await withTick({ executor: "slurm" }, async ({ runs, run, looked }) => {
    assert.deepEqual(await run(), {
      kind: "skipped",
      reason: '"scripts" has jobs in the queue',
    });
    assert.deepEqual(looked, [runs]);
  });
  await withTick(
    { executor: "slurm", overlap: "allow", max_run_time_ms: 1 },
    async ({ runs, run, cancelled }) => {
      const late = () =>
        new Promise<number>((resolve) =>
          setTimeout(() => resolve(EXIT_CODE.terminated), 50)
        );
      assert.deepEqual(await run(late), {
        kind: "ran",
        exitCode: EXIT_CODE.timedOut,
      });
      assert.deepEqual(cancelled, [runs]);
    },
  );
});
