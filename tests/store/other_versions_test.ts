// State that another version of fluxline wrote: every versioned record is refused with both versions, or made anew, and never
// taken for what it is not.
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { seal } from "../../lib/disk/sealed_record.ts";
import { Failure } from "../../lib/error/failure.ts";
import { openHistoryFile } from "../../lib/schedule/history_file.ts";
import { productFiles, textOf } from "../architecture/source_files.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import type { StoredRecordKind } from "../fuzz/record_kind.ts";
import { RUN_RECORDS } from "../fuzz/run_records.ts";
import { SHARED_RECORDS } from "../fuzz/shared_records.ts";

const VERSIONED = [...RUN_RECORDS, ...SHARED_RECORDS].filter(
  ({ otherVersion }) => otherVersion !== "none",
);

/** What reading a record leads to: its reason, or null where there is as good as none. */
async function outcomeOf(
  kind: StoredRecordKind,
  folder: string,
): Promise<unknown> {
  try {
    return await kind.read(folder);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return `${error.message}; ${error.hint}`;
  }
}

for (const kind of VERSIONED) {
  for (const [age, change] of [["an older", -1], ["a newer", 1]] as const) {
    Deno.test(`${kind.name} of ${age} version is ${kind.otherVersion}`, async () => {
      await withTemporaryFolder(async (folder) => {
        const path = await kind.write(folder);
        const { seal: _seal, ...record } = JSON.parse(
          await Deno.readTextFile(path),
        );
        const version = record.version + change;
        const other = { ...record, version };
        await Deno.writeTextFile(
          path,
          JSON.stringify(kind.seal === "sealed" ? seal(other) : other),
        );
        const found = await outcomeOf(kind, folder);
        if (kind.otherVersion === "made anew") assert.equal(found, null);
        else {
          assert.match(
            String(found),
            new RegExp(`found version ${version}, wanted ${record.version}`),
          );
        }
      });
    });
  }
}

for (const version of [2, 7]) {
  Deno.test(`the history of schedules of version ${version} is refused`, async () => {
    await withTemporaryFolder(async (folder) => {
      const path = join(folder, "history.db");
      const database = new DatabaseSync(path);
      database.exec(`PRAGMA user_version = ${version}`);
      database.close();
      await assert.rejects(
        openHistoryFile(path),
        new RegExp(`it has version ${version}, wanted 1`),
      );
    });
  });
}

Deno.test("every record that names a version is in the table", () => {
  /** Records of other places than a runs folder, and readers that share a record with another. */
  const others = [
    "lib/checkpoint/checkpoint_manifest.ts",
    "lib/checkpoint/train_state.ts",
    "lib/engine_setup/library.ts",
    "lib/steps/open_shards.ts",
  ];
  const files = productFiles().filter((path) =>
    path.startsWith("lib/") &&
    /^(export )?const [A-Z_]*VERSION = \d+;/m.test(textOf(path)) &&
    !path.endsWith("body_versions.ts")
  );
  assert.deepEqual(
    files.filter((path) => !others.includes(path)).sort(),
    [
      "lib/data/dimension_cache.ts",
      "lib/data/shard_index_file.ts",
      "lib/matrix/matrix_record.ts",
      "lib/shards/kept_shard.ts",
      "lib/shards/partial_shard.ts",
      "lib/slurm/submission_record.ts",
      "lib/store/checkpoint_record.ts",
      "lib/store/data_listing.ts",
      "lib/store/estimate_record.ts",
      "lib/store/fingerprint_cache.ts",
      "lib/store/marker.ts",
      "lib/store/renaming_note.ts",
      "lib/store/resolved_record.ts",
      "lib/store/run_record.ts",
      "lib/store/shared_folder.ts",
      "lib/store/step_request.ts",
    ],
  );
});
