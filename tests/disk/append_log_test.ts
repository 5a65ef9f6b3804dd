import assert from "node:assert/strict";
import { join } from "node:path";
import { AppendLog, readLines } from "../../lib/disk/append_log.ts";
import { withTemporaryFolder } from "./temporary_folder.ts";

Deno.test("AppendLog.append() adds lines that readLines() gives back", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "new", "log.jsonl");
    assert.deepEqual(await readLines(path), []);
    {
      using log = await AppendLog.open(path);
      await log.append("ä");
      await log.appendJson({ a: 1 });
      await log.sync();
      assert.equal(log.length, 11);
    }
    using again = await AppendLog.open(path);
    await again.append("last");
    assert.deepEqual(await readLines(path), ["ä", '{"a":1}', "last"]);
    await assert.rejects(again.append("two\nlines"), RangeError);
  });
});

Deno.test("AppendLog.open() cuts a torn tail, also one longer than a read block", async () => {
  await withTemporaryFolder(async (folder) => {
    for (const torn of ["x", "x".repeat(200_000)]) {
      const path = join(folder, `${torn.length}.log`);
      await Deno.writeTextFile(path, `one\ntwo\n${torn}`);
      assert.deepEqual(await readLines(path), ["one", "two"]);
      using log = await AppendLog.open(path);
      await log.append("three");
      assert.equal(await Deno.readTextFile(path), "one\ntwo\nthree\n");
    }
    const only = join(folder, "only");
    await Deno.writeTextFile(only, "no newline at all");
    using log = await AppendLog.open(only);
    assert.equal(log.length, 0);
  });
});

Deno.test("AppendLog.truncate() goes back to the end of a line and refuses any other place", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "log");
    using log = await AppendLog.open(path);
    for (const line of ["a", "b", "c"]) await log.append(line);
    await assert.rejects(log.truncate(3), { message: /middle of a line/ });
    await assert.rejects(log.truncate(7), { message: /has only 6/ });
    await log.truncate(4);
    await log.append("d");
    assert.deepEqual(await readLines(path), ["a", "b", "d"]);
    await log.truncate(0);
    assert.deepEqual(await readLines(path), []);
  });
});
