// Renaming and removing runs: what is there after a process that ended at any operation of the disk.
import assert from "node:assert/strict";
import { join } from "node:path";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { Failure } from "../../lib/error/failure.ts";
import {
  listRuns,
  readRunManifest,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { readResolvedRecord } from "../../lib/store/resolved_record.ts";
import { indexStepFolders, runPaths } from "../../lib/store/store_layout.ts";
import { findGarbage, removeGarbage } from "../../lib/upkeep/garbage.ts";
import { removeRun } from "../../lib/upkeep/remove_run.ts";
import { renameRun } from "../../lib/upkeep/rename_run.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { syntheticName, writeSyntheticRun } from "../history/synthetic_runs.ts";
import { recordRun } from "../report/recorded_run.ts";
import { endedAt } from "./ended_process.ts";

const old = syntheticName(0);

Deno.test("renameRun() ended at any operation leaves one whole run, and the same command finishes", async () => {
  let points = 0;
  for (let at = 1;; at++) {
    let wasEnded = false;
    await withTemporaryFolder(async (runs) => {
      writeSyntheticRun(runs, 0);
      wasEnded = await endedAt(at, () => renameRun(runs, old, "new"));
      const [name, ...others] = listRuns(runs);
      assert.deepEqual(others, []);
      const manifest = await readRunManifest(runs, name!);
      assert.equal(manifest?.run, name);
      assert.ok((await readResolvedRecord(runs, name!))!.length > 100);
      if (name === old) await renameRun(runs, old, "new");
      assert.deepEqual(listRuns(runs), ["new"]);
      // The next start writes the manifest in any case.
      const { version: _version, ...rest } =
        (await readRunManifest(runs, "new"))!;
      await writeRunManifest(runs, rest);
      assert.equal((await readRunManifest(runs, "new"))?.steps.length, 3);
    });
    if (!wasEnded) break;
    points++;
  }
  assert.ok(points > 8, `only ${points} operations`);
});

Deno.test("removeRun() ended at any operation leaves a whole run or none, and never touches the store", async () => {
  let points = 0;
  for (let at = 1;; at++) {
    let wasEnded = false;
    await withTemporaryFolder(async (runs) => {
      writeSyntheticRun(runs, 0);
      const before = [...Deno.readDirSync(join(runs, "store"))].length;
      wasEnded = await endedAt(at, () => removeRun(runs, old));
      assert.equal([...Deno.readDirSync(join(runs, "store"))].length, before);
      if (listRuns(runs).length === 1) {
        assert.equal((await readRunManifest(runs, old))?.steps.length, 3);
        await removeRun(runs, old);
      }
      assert.deepEqual(listRuns(runs), []);
      assert.equal((await findGarbage(runs)).length, before);
    });
    if (!wasEnded) break;
    points++;
  }
  assert.ok(points > 6, `only ${points} operations`);
});

Deno.test("removeRun() twice at once removes the run once, and the other is told so", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRun(runs, 0);
    const ends = await Promise.allSettled(
      [1, 2].map(() => removeRun(runs, old)),
    );
    const refusals = ends.flatMap((end) =>
      end.status === "rejected" ? [end.reason] : []
    );
    assert.equal(refusals.length, 1);
    // The second waits a moment for the lock of the first.
    assert.ok(refusals[0] instanceof Failure, String(refusals[0]));
    assert.match(refusals[0].message, /no such run|is running it$/);
    assert.deepEqual(listRuns(runs), []);
  });
});

Deno.test("removeRun() says what the store keeps and who else needs it, and leaves what a person put beside the records", async () => {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs, { run: "one" });
    await recordRun(runs, { run: "two", shift: 1 });
    const notes = join(runs, "one", "notes.txt");
    await Deno.writeTextFile(notes, "mine");
    await assert.rejects(removeRun(runs, "one"), {
      name: "StoredStateError",
      message: /holds "notes\.txt", which fluxline did not write$/,
    });
    await Deno.remove(notes);
    const kept = await removeRun(runs, "one");
    assert.deepEqual(
      kept.map(({ name, sharedWith }) => [name, sharedWith]),
      [["on", []], ["off", ["two"]], ["judge", ["two"]]],
    );
    assert.ok(kept.every(({ bytes }) => bytes > 100));
  });
});

Deno.test("removeGarbage() keeps what a run that came and ended in the meantime refers to", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRun(runs, 0);
    const { version: _version, ...manifest } = (await readRunManifest(
      runs,
      old,
    ))!;
    await removeRun(runs, old);
    const garbage = await findGarbage(runs);
    assert.equal(garbage.length, 3);
    await Deno.mkdir(join(runs, old));
    await writeRunManifest(runs, {
      ...manifest,
      steps: manifest.steps.slice(0, 2),
    });
    assert.equal((await removeGarbage(runs, garbage)).length, 2);
    assert.equal((await findGarbage(runs)).length, 0);
    const found = manifest.steps.map(({ key }) =>
      indexStepFolders(runs).has(key)
    );
    assert.deepEqual(found, [true, true, false]);
  });
});

Deno.test("renameRun() and removeRun() refuse a run that somebody works on, a name that is taken, and one that is no name", async () => {
  await withTemporaryFolder(async (runs) => {
    await recordRun(runs, { run: "one" });
    await recordRun(runs, { run: "two", shift: 1 });
    await assert.rejects(renameRun(runs, "one", "two"), {
      name: "UsageError",
      message: /is there already$/,
    });
    await assert.rejects(renameRun(runs, "one", "../away"), {
      message: /it must start with a letter or a digit$/,
    });
    await assert.rejects(renameRun(runs, "one", "store"), {
      message: /reserved/,
    });
    await assert.rejects(removeRun(runs, "twoo"), {
      message: /there is no such run in .*, did you mean "two"\?$/,
    });
    const lock = await FileLock.acquire(runPaths(runs, "one").lock);
    assert.ok(lock.ok);
    await using _held = lock.lock;
    for (
      const act of [
        () => renameRun(runs, "one", "three"),
        () => removeRun(runs, "one"),
      ]
    ) {
      await assert.rejects(act(), {
        name: "LockedError",
        message: /run "one": process \d+.* is running it$/,
      });
    }
    assert.deepEqual(listRuns(runs), ["one", "two"]);
  });
});
