// Upkeep of a folder that several hosts share, while another of them works in it: its kernel locks are not seen here.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Lease, type LeaseTiming } from "../../lib/disk/lease.ts";
import { LockedError } from "../../lib/error/failure.ts";
import { shareFolder } from "../../lib/store/shared_folder.ts";
import {
  runPaths,
  stepPaths,
  storeLayout,
} from "../../lib/store/store_layout.ts";
import { findGarbage, removeGarbage } from "../../lib/upkeep/garbage.ts";
import { verifyStep } from "../../lib/upkeep/verify_step.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

/** A step folder that no run refers to. */
async function orphan(
  runs: string,
): Promise<{ readonly folder: string; readonly timing: LeaseTiming }> {
  const timing = await shareFolder(runs);
  const folder = join(storeLayout(runs).store, `vae-${"0a".repeat(8)}`);
  await Deno.mkdir(folder);
  return { folder, timing };
}

async function leaseOfAnotherHost(
  lock: string,
  timing: LeaseTiming,
): Promise<Lease> {
  const wait = { waitMs: 0, host: "elsewhere" };
  const attempt = await Lease.acquire(lock, timing, wait);
  assert.ok(attempt.ok);
  return attempt.lease;
}

Deno.test("verifyStep() and removeGarbage() leave a step folder alone that another host works in", async () => {
  await withTemporaryFolder(async (runs) => {
    const { folder, timing } = await orphan(runs);
    const { runnerLock } = stepPaths(folder);
    const lease = await leaseOfAnotherHost(runnerLock, timing);
    assert.equal((await verifyStep(folder, timing)).state, "busy");
    const garbage = await findGarbage(runs);
    assert.deepEqual(garbage.map(({ path }) => path), [folder]);
    assert.deepEqual(await removeGarbage(runs, garbage), garbage);
    await lease[Symbol.asyncDispose]();
    assert.notEqual((await verifyStep(folder, timing)).state, "busy");
    assert.deepEqual(await removeGarbage(runs, garbage), []);
    await assert.rejects(Deno.lstat(folder), Deno.errors.NotFound);
  });
});

Deno.test("findGarbage() refuses while another host runs a pipeline", async () => {
  await withTemporaryFolder(async (runs) => {
    const { timing } = await orphan(runs);
    const { lock } = runPaths(runs, "nightly");
    // The kernel's lock of the other host leaves a file, and no lock that is seen here.
    await Deno.writeTextFile(lock, "");
    await using _lease = await leaseOfAnotherHost(lock, timing);
    await assert.rejects(
      findGarbage(runs),
      (error) =>
        error instanceof LockedError &&
        error.message.includes('on host "elsewhere"') &&
        error.message.includes('is running "nightly"'),
    );
  });
});
