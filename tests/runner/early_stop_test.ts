// A stop that comes before a run's first step: the run is told of as stopped, and nobody else is left alone by it.
import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { StoppedError } from "../../lib/error/failure.ts";
import { runMatrix } from "../../lib/runner/run_matrix.ts";
import { runPipeline } from "../../lib/runner/runner.ts";
import { StopControl } from "../../lib/runner/stop_control.ts";
import { runPaths } from "../../lib/store/store_layout.ts";
import { ROOT, SCRIPTS } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { ACT, matrixOf } from "./script_matrix.ts";

Deno.test("a run, or cell, that is stopped while it waits for another runner ends as stopped, with the cells beside it", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const matrix = await matrixOf(
      `${ACT}={name: works, value: {ticks: 600}},{name: waits, value: {}}`,
    );
    const { cell, pipeline } = matrix.cells[1]!;
    await makeFolder(runsDir);
    const held = await FileLock.acquire(runPaths(runsDir, cell.run).lock);
    assert.ok(held.ok);
    await using _lock = held.lock;
    const alone = new StopControl();
    await assert.rejects(
      runPipeline(pipeline, {
        ...{ runsDir, waitMs: 60_000, stop: alone },
        observe: ({ kind }) =>
          kind === "waiting_for_run" && alone.request("SIGINT"),
      }),
      (error) => error instanceof StoppedError && error.exitCode === 130,
    );
    const stop = new StopControl();
    const isSeen = new Set<string>();
    const { exitCode, ended } = await runMatrix(matrix, {
      ...{ runsDir, waitMs: 60_000, jobs: 2, stop },
      observe: (_cell, { kind }) => {
        if (kind !== "waiting_for_run" && kind !== "step_started") return;
        isSeen.add(kind);
        if (isSeen.size === 2) stop.request("SIGTERM");
      },
    });
    assert.equal(exitCode, 143);
    assert.deepEqual(
      ended.map(({ label, summary, failure }) => [
        ...[label, summary?.outcome, failure?.message],
      ]).sort(),
      [
        [
          ...["with-waits", undefined],
          `Stopped: run "${cell.run}" had not begun`,
        ],
        ["with-works", "stopped", undefined],
      ],
    );
  });
});

Deno.test("a second wish to stop ends a step that does not listen, however long it may take to save", async () => {
  await withTemporaryFolder(async (runsDir) => {
    const loaded = await loadPipeline(`${ROOT}/${SCRIPTS}`, {
      overrides: [`${ACT}={ticks: 1000000000, stubborn: true}`],
    });
    assert.ok(loaded.ok);
    const stop = new StopControl();
    const { exitCode } = await runPipeline(loaded.value, {
      // Without the second wish nothing would ever end the step.
      ...{ runsDir, stop, stopGraceMs: 2 ** 31 - 1 },
      observe: (notice) => {
        if (notice.kind !== "step_progress" || notice.step.name !== "act") {
          return;
        }
        if (stop.cause === null) stop.request("SIGINT");
        else stop.force();
      },
    });
    assert.equal(exitCode, 130);
  });
});
