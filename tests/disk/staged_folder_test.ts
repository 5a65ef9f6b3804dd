import assert from "node:assert/strict";
import { join } from "node:path";
import { digestFile, digestRecord, sha256Hex } from "../../lib/disk/digest.ts";
import { freeBytes } from "../../lib/disk/free_space.ts";
import { StagedFolder } from "../../lib/disk/staged_folder.ts";
import { withTemporaryFolder } from "./temporary_folder.ts";

Deno.test("StagedFolder.publish() makes the folder appear whole, and never replaces one", async () => {
  await withTemporaryFolder(async (folder) => {
    const target = join(folder, "checkpoints", "00000010");
    {
      await using staged = await StagedFolder.create(target);
      await Deno.writeTextFile(join(staged.path, "state.json"), "{}");
      await assert.rejects(Deno.stat(target), Deno.errors.NotFound);
      await staged.publish();
    }
    assert.equal(await Deno.readTextFile(join(target, "state.json")), "{}");
    await using second = await StagedFolder.create(target);
    await assert.rejects(second.publish(), Deno.errors.AlreadyExists);
  });
});

Deno.test("StagedFolder removes what was not published", async () => {
  await withTemporaryFolder(async (folder) => {
    {
      await using staged = await StagedFolder.create(join(folder, "a"));
      await Deno.writeTextFile(join(staged.path, "x"), "");
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("digestFile() agrees with sha256Hex() and counts bytes", async () => {
  await withTemporaryFolder(async (folder) => {
    const bytes = new Uint8Array(3_000_001).map((_, index) => index % 251);
    await Deno.writeFile(join(folder, "x"), bytes);
    assert.deepEqual(await digestFile(join(folder, "x")), {
      bytes: 3_000_001,
      sha256: sha256Hex(bytes),
    });
  });
});

Deno.test("sha256Hex() gives the published value for abc", () => {
  const wanted =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(sha256Hex("abc"), wanted);
});

Deno.test("digestRecord() does not depend on the order of keys", () => {
  assert.equal(
    digestRecord({ a: 1, b: { c: 2, d: 3 } }),
    digestRecord({ b: { d: 3, c: 2 }, a: 1 }),
  );
});

Deno.test("freeBytes() looks at the nearest folder that exists", async () => {
  await withTemporaryFolder((folder) => {
    const free = freeBytes(join(folder, "not", "yet"));
    assert.ok(free !== null && free > 0);
    return Promise.resolve();
  });
});
