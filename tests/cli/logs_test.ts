import assert from "node:assert/strict";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { readRunStatus } from "../../lib/store/run_status.ts";
import { runPaths, stepPaths } from "../../lib/store/store_layout.ts";
import {
  readRunManifest,
  type StepState,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { acquireWorkLock, shareFolder } from "../../lib/store/shared_folder.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { recordRun, withStateOfOn } from "../report/recorded_run.ts";
import { finish, runCli, startCli } from "./cli_process.ts";

Deno.test("logs prints the last attempt, and -f goes on into the next attempt until the step is over", async () => {
  await withTemporaryFolder(async (runs) => {
    const run = await recordRun(runs, { text: "first \u001b[31m" });
    const plain = await runCli(["logs", "on", "--runs", runs]);
    assert.deepEqual([plain.code, plain.err], [0, ""]);
    assert.match(plain.out, /info: first \u241b\[31m\n$/);

    const manifest = (await readRunManifest(runs, run))!;
    const withState = (state: StepState) =>
      writeRunManifest(runs, withStateOfOn(manifest, state));
    await withState("running");
    const lock = await FileLock.acquire(runPaths(runs, run).lock);
    assert.ok(lock.ok);
    await using _held = lock.lock;
    const { folder } = (await readRunStatus(runs, run))!.steps[0]!;
    const following = startCli(["logs", "on", "-f", "--runs", runs]);
    const next = `${stepPaths(folder).attempts}/2`;
    await Deno.mkdir(next);
    await Deno.writeTextFile(`${next}/log.txt`, "second\nhalf a");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await Deno.writeTextFile(`${next}/log.txt`, " line\n", { append: true });
    await withState("done");
    const { code, out, err } = await finish(following);
    assert.deepEqual([code, err], [0, ""]);
    assert.ok(out.endsWith("second\nhalf a line\n"), out);
  });
});

Deno.test("logs -f of a cluster's step goes on while its job waits in the queue, and while the job works in its folder", async () => {
  await withTemporaryFolder(async (runs) => {
    const run = await recordRun(runs);
    const manifest = (await readRunManifest(runs, run))!;
    const withState = (state: StepState) =>
      writeRunManifest(runs, withStateOfOn(manifest, state));
    const sharing = await shareFolder(runs);
    const { folder } = (await readRunStatus(runs, run))!.steps[0]!;
    await withState("queued");
    const following = startCli(["logs", "on", "-f", "--runs", runs]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // Nobody holds the run's lock: the job holds that of its step.
    const { runnerLock, attempts } = stepPaths(folder);
    const lock = await acquireWorkLock(runnerLock, sharing, { waitMs: 0 });
    assert.ok(lock.ok);
    await using held = new AsyncDisposableStack();
    held.use(lock.lock);
    await withState("running");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await Deno.mkdir(`${attempts}/2`);
    await Deno.writeTextFile(`${attempts}/2/log.txt`, "from the job\n");
    await held.disposeAsync();
    const { code, out, err } = await finish(following);
    assert.deepEqual([code, err], [0, ""]);
    assert.ok(out.endsWith("from the job\n"), out);
  });
});
