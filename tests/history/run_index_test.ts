import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { listedRuns } from "../../lib/history/listed_run.ts";
import { askIndex } from "../../lib/history/run_index.ts";
import { prepareQuery } from "../../lib/history/run_query.ts";
import { FileLock } from "../../lib/disk/file_lock.ts";
import {
  readRunManifest,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { runPaths, storeLayout } from "../../lib/store/store_layout.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import {
  syntheticName,
  writeSyntheticRun,
  writeSyntheticRuns,
} from "./synthetic_runs.ts";

const COUNT = 12;

/** Names of the runs whose psnr is above 10.05, and what was wrong with the file. */
async function asked(
  runs: string,
  isKept = true,
): Promise<{ readonly names: string[]; readonly damage: string | null }> {
  const query = { where: ["psnr>10.05"], sort: ["psnr"], columns: ["psnr"] };
  const { value, damage } = await askIndex(
    runs,
    { isKept },
    (index) => ({ ...prepareQuery(query, index), runs: index.runs }),
  );
  const listed = await listedRuns(runs, value.runs);
  return { names: value.select(listed).map(({ run }) => run), damage };
}

function numbered(...numbers: readonly number[]): string[] {
  return numbers.map(syntheticName);
}

Deno.test("askIndex() follows runs that appear, change, move and go, and steps that finish or lose their marker", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRuns(runs, 8);
    assert.deepEqual((await asked(runs)).names, numbered(6, 7));
    writeSyntheticRun(runs, 8);
    assert.deepEqual((await asked(runs)).names, numbered(6, 7, 8));
    await Deno.remove(join(runs, syntheticName(7)), { recursive: true });
    assert.deepEqual((await asked(runs)).names, numbered(6, 8));
    // The judge of run 8, whose key is its number and its place among the steps.
    const judge = join(
      storeLayout(runs).store,
      `judge-${(8 * 16 + 2).toString(16).padStart(16, "0")}`,
    );
    await Deno.rename(judge, `${judge}.aside-1`);
    assert.deepEqual((await asked(runs)).names, numbered(6));
    await Deno.rename(`${judge}.aside-1`, judge);
    assert.deepEqual((await asked(runs)).names, numbered(6, 8));
    await Deno.writeTextFile(runPaths(runs, syntheticName(6)).manifest, "{");
    const { value } = await askIndex(
      runs,
      { isKept: true },
      ({ runs }) => runs,
    );
    const damaged = value.find(({ run }) => run === syntheticName(6));
    assert.match(damaged!.problem!, /found no JSON object/);
    assert.equal((await listedRuns(runs, [damaged!]))[0]!.state, "damaged");
  });
});

Deno.test("askIndex() answers the same from a file that is missing, torn, foreign, changed or of another version, and says what was wrong", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRuns(runs, COUNT);
    const { names } = await asked(runs);
    assert.equal(names.length, 6);
    const path = storeLayout(runs).runIndex;
    const sound = await Deno.readFile(path);
    const cases: Readonly<Record<string, Uint8Array<ArrayBuffer> | null>> = {
      missing: null,
      torn: sound.slice(0, Math.floor(sound.length / 2)),
      foreign: new TextEncoder().encode("not a database\n".repeat(400)),
      changed: sound.map((byte, at) => at > 4096 && at % 3 === 0 ? 0xff : byte),
      empty: new Uint8Array(0),
    };
    for (const [name, bytes] of Object.entries(cases)) {
      if (bytes === null) await Deno.remove(path);
      else await Deno.writeFile(path, bytes);
      const first = await asked(runs);
      assert.deepEqual(first.names, names, name);
      const isNoDamage = name === "missing" || name === "empty";
      assert.equal(first.damage === null, isNoDamage, name);
      assert.deepEqual(await asked(runs), { names, damage: null }, name);
    }
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
    const other = await asked(runs);
    assert.deepEqual(other.names, names);
    assert.match(other.damage!, /version 99, wanted 1/);
    // A record in it that was written by somebody else.
    const touched = new DatabaseSync(path);
    touched.exec("UPDATE field_values SET value = '0.'");
    touched.close();
    assert.match((await asked(runs)).damage!, /no JSON/);
    for (const entry of ["{}", "null", '{ "run": "other", "steps": [] }']) {
      const changed = new DatabaseSync(path);
      changed.prepare("UPDATE runs SET entry = ?").run(entry);
      changed.close();
      const { names: found, damage } = await asked(runs);
      assert.deepEqual(found, names, entry);
      assert.match(damage!, /none of a run/, entry);
    }
  });
});

Deno.test("askIndex() needs no file: without one it reads the folders and leaves nothing behind", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRuns(runs, COUNT);
    assert.equal((await asked(runs, false)).names.length, 6);
    assert.deepEqual(
      [...Deno.readDirSync(runs)].filter(({ name }) => name.startsWith(".")),
      [],
    );
    // A folder in the place of the file: it cannot be kept, and the answer stands.
    await Deno.mkdir(join(storeLayout(runs).runIndex, "in-the-way"), {
      recursive: true,
    });
    const { names, damage } = await asked(runs);
    assert.equal(names.length, 6);
    assert.notEqual(damage, null);
  });
});

Deno.test("listedRuns() tells a running run from one whose runner was killed", async () => {
  await withTemporaryFolder(async (runs) => {
    writeSyntheticRun(runs, 0);
    const run = syntheticName(0);
    const { version: _version, ...manifest } =
      (await readRunManifest(runs, run))!;
    const [first, ...rest] = manifest.steps;
    const steps = [
      { ...first!, key: "f".repeat(16), state: "running" },
      ...rest,
    ];
    await writeRunManifest(runs, {
      ...manifest,
      steps: steps as typeof manifest.steps,
    });
    const stateNow = async () => {
      const { value } = await askIndex(
        runs,
        { isKept: true },
        (one) => one.runs,
      );
      return (await listedRuns(runs, value))[0]!.state;
    };
    assert.equal(await stateNow(), "stopped");
    const lock = await FileLock.acquire(runPaths(runs, run).lock);
    assert.ok(lock.ok);
    await using _held = lock.lock;
    assert.equal(await stateNow(), "running");
  });
});
