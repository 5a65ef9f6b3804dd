// What is there after a `gc` whose process ended at any operation of the disk.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  parseStepFolder,
  stepPaths,
  storeLayout,
} from "../../lib/store/store_layout.ts";
import { findGarbage, removeGarbage } from "../../lib/upkeep/garbage.ts";
import { filesBelow } from "../disk/files_below.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { endedAt } from "./ended_process.ts";

const FILES = ["complete.json", "checkpoints/00000001/a", "output/b"];

Deno.test("removeGarbage() ended at any operation leaves a step folder whole or gone, and the next one removes the rest", async () => {
  let points = 0;
  for (let at = 1;; at++) {
    let wasEnded = false;
    await withTemporaryFolder(async (runs) => {
      const { store } = storeLayout(runs);
      const folder = join(store, `vae-${"0a".repeat(8)}`);
      for (const path of FILES) {
        await Deno.mkdir(join(folder, path, ".."), { recursive: true });
        await Deno.writeTextFile(join(folder, path), "x");
      }
      const remove = async () =>
        await removeGarbage(runs, await findGarbage(runs));
      wasEnded = await endedAt(at, remove);
      for (const { name, isDirectory } of Deno.readDirSync(store)) {
        if (!isDirectory || parseStepFolder(name) === null) continue;
        const left = filesBelow(join(store, name));
        assert.equal(left.length, FILES.length, `operation ${at}`);
      }
      assert.deepEqual(await remove(), []);
      const { lock, runnerLock } = stepPaths(folder);
      const left = filesBelow(store);
      assert.deepEqual(left.filter((path) => path !== lock), [runnerLock]);
      assert.deepEqual(await findGarbage(runs), []);
    });
    if (!wasEnded) break;
    points++;
  }
  assert.ok(points > 6, `only ${points} operations`);
});
