// Mistakes in what makes a file, a checkpoint or a marker durable, and in the locks.
import type { Breakage, NamedTest } from "./breakage.ts";

const ORDER = "tests/crash/durable_order_test.ts";

function test(file: string, name: string): NamedTest {
  return { file, name };
}

export const DISK_BREAKAGES: readonly Breakage[] = [
  {
    name: "a file's folder is not synced",
    file: "lib/disk/atomic_write.ts",
    from: "await syncFolder(dirname(path));",
    to: "",
    test: test(
      ORDER,
      "writeAtomically() syncs the content, renames, and syncs the folder",
    ),
  },
  {
    name: "a file's content is not synced",
    file: "lib/disk/atomic_write.ts",
    from: "await file.sync();",
    to: "",
    test: test(
      ORDER,
      "writeAtomically() syncs the content, renames, and syncs the folder",
    ),
  },
  {
    name: "a published folder's parent is not synced",
    file: "lib/disk/staged_folder.ts",
    from: "await syncFolder(dirname(this.#target));",
    to: "",
    test: test(
      ORDER,
      "saveCheckpoint() names a generation only once all of it is durable",
    ),
  },
  {
    name: "a new folder's entry is not synced",
    file: "lib/disk/folder_entries.ts",
    from: "    await syncFolder(dirname(path));",
    to: "",
    test: test(ORDER, "makeFolder() syncs every entry that it makes"),
  },
  {
    name: "a marker appears before its files are durable",
    file: "lib/store/marker.ts",
    from: "  await syncTree(folder);",
    to: "",
    test: test(
      ORDER,
      "commitMarker() writes the marker behind the syncs of all that it names",
    ),
  },
  {
    name: "a checkpoint vouches for rows that are not durable",
    file: "lib/train/train_snapshot.ts",
    from: "  await session.log.sync();",
    to: "",
    test: test(
      ORDER,
      "trainBody() syncs the rows before a checkpoint counts them",
    ),
  },
  {
    name: "a torn line stays in a log",
    file: "lib/disk/append_log.ts",
    from: "if (whole < size) await file.truncate(whole);",
    to: "",
    test: test(
      "tests/disk/append_log_test.ts",
      "AppendLog.open() cuts a torn tail, also one longer than a read block",
    ),
  },
  {
    name: "the lock is not taken",
    file: "lib/disk/durable_file.ts",
    from: "return await this.#file.tryLock(true);",
    to: "return await Promise.resolve(true);",
    test: test(
      "tests/disk/file_lock_test.ts",
      "FileLock.acquire() refuses a second process, names the first, and is free after its SIGKILL",
    ),
  },
  {
    name: "a seal is not compared",
    file: "lib/disk/sealed_record.ts",
    from: "return found === digestRecord(record);",
    to: "return found !== null;",
    test: test(
      "tests/disk/sealed_record_test.ts",
      "openSealed() refuses every single flipped byte that changes the value",
    ),
  },
  {
    name: "a deep look at a marker does not hash",
    file: "lib/store/marker.ts",
    from:
      "if (!deep && modificationTime(found) === file.modifiedMs) return null;",
    to: "if (modificationTime(found) === file.modifiedMs) return null;",
    test: test(
      "tests/store/marker_test.ts",
      "readMarker() deep finds what size and time hide, and a touched file is fine",
    ),
  },
  {
    name: "retention keeps one generation too few",
    file: "lib/checkpoint/retention.ts",
    from: "policy.keepLast - 1",
    to: "policy.keepLast - 2",
    test: test(
      "tests/checkpoint/retention_test.ts",
      "nextManifest() keeps the newest n",
    ),
  },
  {
    name: "older checkpoints go before their successor was read back",
    file: "lib/checkpoint/save_checkpoint.ts",
    from: "  await readBack(stepFolder, generation);",
    to: "",
    test: test(
      "tests/checkpoint/save_checkpoint_test.ts",
      "saveCheckpoint() removes nothing where the disk did not keep what was written",
    ),
  },
  {
    name: "frozen weights are shared without a look at their bytes",
    file: "lib/checkpoint/tensor_files.ts",
    from: "      (await digestFile(path)).sha256 === wanted.sha256;",
    to: "      true;",
    test: test(
      "tests/checkpoint/frozen_weights_test.ts",
      "saveCheckpoint() never shares a file that was damaged since",
    ),
  },
  {
    name: "an event file is written for nobody: the marker comes first",
    file: "lib/runner/step_drive.ts",
    from: "  await keepEventFile(step, result, scene.observe);",
    to: "",
    test: test(
      "tests/crash/disk_sweep_test.ts",
      "the event file of a step is there before its marker",
    ),
  },
];
