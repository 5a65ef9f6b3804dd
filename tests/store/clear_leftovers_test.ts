import assert from "node:assert/strict";
import { clearLeftovers } from "../../lib/store/clear_leftovers.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

Deno.test("clearLeftovers() takes the run's own at once, and those of all runs when they are too old to be at work", async () => {
  await withTemporaryFolder(async (runs) => {
    const own = `${runs}/mine/.manifest.json.1.tmp`;
    const others = `${runs}/theirs/.manifest.json.1.tmp`;
    const shared = [
      `${runs}/.fingerprints.json.1.tmp`,
      `${runs}/store/dimensions/.0123456789abcdef.json.1.tmp`,
      `${runs}/store/data/.0123456789abcdef.json.1.tmp`,
      `${runs}/store/shards/h_443-0123456789abcdef/.a.json.1.tmp`,
    ];
    const inStore = [
      "store/dimensions",
      "store/data",
      "store/shards/h_443-0123456789abcdef",
    ];
    for (const folder of ["mine", "theirs", ...inStore]) {
      await Deno.mkdir(`${runs}/${folder}`, { recursive: true });
    }
    for (const path of [own, others, ...shared]) {
      await Deno.writeTextFile(path, "");
    }
    const left = () => [others, own, ...shared].filter(isThere);
    await clearLeftovers(runs, "mine");
    assert.deepEqual(left(), [others, ...shared]);
    await clearLeftovers(runs, "mine", new Date(Date.now() + 599_000));
    assert.deepEqual(left(), [others, ...shared]);
    await clearLeftovers(runs, "mine", new Date(Date.now() + 601_000));
    assert.deepEqual(left(), [others]);
  });
});

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
