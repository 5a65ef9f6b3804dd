// An import whose machine loses power leaves no folder under its name; the next one succeeds.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestFile } from "../../lib/disk/digest.ts";
import type { TracedOperation } from "../../lib/disk/disk_test.ts";
import { writeOriginal } from "./original_files.ts";

const SCRIPT = fileURLToPath(
  new URL("./interrupted_import.ts", import.meta.url),
);

async function importing(...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", SCRIPT, ...args],
    stderr: "null",
  }).output();
  return success;
}

/** Name and digest of every file; null where there is no folder. */
async function contentOf(
  folder: string,
): Promise<Record<string, string> | null> {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const digests: Record<string, string> = {};
    for (const name of names) {
      digests[name] = (await digestFile(join(folder, name))).sha256;
    }
    return digests;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

Deno.test("an import that loses power at any operation leaves no folder, and the next one makes it whole", async () => {
  const root = await Deno.makeTempDir({ prefix: "fluxline-torn-import-" });
  try {
    const [source, trace] = [join(root, "original"), join(root, "trace")];
    await writeOriginal(source);
    assert.ok(await importing(source, join(root, "whole"), trace));
    const whole = await contentOf(join(root, "whole"));
    assert.equal(Object.keys(whole!).length, 3);
    const points = (await Deno.readTextFile(trace)).trimEnd().split("\n")
      .map((line): TracedOperation => JSON.parse(line));
    assert.ok(points.length > 10, `${points.length} operations`);
    const target = join(root, "target");
    for (const { point } of points) {
      const isDone = await importing(source, target, trace, point);
      assert.ok(!isDone, `${point} disturbed nothing`);
      assert.equal(await contentOf(target), null, point);
    }
    assert.ok(await importing(source, target, trace));
    assert.deepEqual(await contentOf(target), whole);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
