import assert from "node:assert/strict";
import { join } from "node:path";
import {
  isTemporaryName,
  writeAtomically,
  writeJsonAtomically,
} from "../../lib/disk/atomic_write.ts";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { canonicalJson } from "../../lib/disk/canonical_json.ts";
import { listTree, removeLeftovers, syncTree } from "../../lib/disk/tree.ts";
import { until } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "./temporary_folder.ts";

Deno.test("writeAtomically() writes and replaces, and leaves nothing beside the file", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "state.json");
    await writeAtomically(path, "first");
    await writeAtomically(path, new Uint8Array([50, 46]));
    assert.equal(await Deno.readTextFile(path), "2.");
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), [
      "state.json",
    ]);
  });
});

Deno.test("writeAtomically() keeps the old file when the new one cannot take its place", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "taken");
    await makeFolder(join(path, "inside"));
    await assert.rejects(writeAtomically(path, "new"));
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), [
      "taken",
    ]);
  });
});

Deno.test("writeAtomically() survives kill -9: every generation seen is whole", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "big.txt");
    const module =
      new URL("../../lib/disk/atomic_write.ts", import.meta.url).href;
    const script = `import { writeAtomically } from ${JSON.stringify(module)};
      for (let n = 0;; n++) await writeAtomically(${
      JSON.stringify(path)
    }, String(n % 10).repeat(300_000));`;
    for (let round = 0; round < 3; round++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-lock", script],
        stdout: "null",
        stderr: "null",
      }).spawn();
      const start = Date.now();
      await until(() => changedSince(path, start), "the first write");
      await new Promise((resolve) => setTimeout(resolve, 100 + 37 * round));
      child.kill("SIGKILL");
      await child.status;
      const text = await Deno.readTextFile(path);
      assert.equal(text.length, 300_000);
      assert.equal(new Set(text).size, 1);
    }
    const leftovers = await removeLeftovers(folder);
    assert.ok(leftovers.length <= 3);
    assert.deepEqual(listTree(folder), [{ path: "big.txt", kind: "file" }]);
  });
});

function changedSince(path: string, ms: number): boolean {
  try {
    return (Deno.statSync(path).mtime?.getTime() ?? 0) >= ms;
  } catch {
    return false;
  }
}

Deno.test("writeJsonAtomically() writes sorted keys and a final newline", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "a.json");
    await writeJsonAtomically(path, { b: 1, a: [true] });
    assert.equal(
      await Deno.readTextFile(path),
      '{\n  "a": [\n    true\n  ],\n  "b": 1\n}\n',
    );
  });
});

Deno.test("removeLeftovers() deletes unfinished writes at every depth and nothing else", async () => {
  await withTemporaryFolder(async (folder) => {
    await makeFolder(join(folder, "deep", ".half.123.tmp"));
    await Deno.writeTextFile(join(folder, ".x.json.123.tmp"), "");
    await Deno.writeTextFile(join(folder, "deep", "kept.tmp"), "");
    assert.deepEqual(await removeLeftovers(folder), [
      join(folder, ".x.json.123.tmp"),
      join(folder, "deep", ".half.123.tmp"),
    ]);
    assert.deepEqual(listTree(folder), [{
      path: "deep/kept.tmp",
      kind: "file",
    }]);
    assert.ok(isTemporaryName(".a.tmp") && !isTemporaryName("a.tmp"));
  });
});

Deno.test("listTree() sorts by path, names links without following them, and skips", async () => {
  await withTemporaryFolder(async (folder) => {
    await makeFolder(join(folder, "b"));
    await Deno.writeTextFile(join(folder, "b", "1"), "");
    await Deno.writeTextFile(join(folder, "B"), "");
    await Deno.symlink("/etc", join(folder, "link"));
    await syncTree(folder);
    assert.deepEqual(listTree(folder), [
      { path: "B", kind: "file" },
      { path: "b/1", kind: "file" },
      { path: "link", kind: "link" },
    ]);
    assert.deepEqual(listTree(folder, (path) => path !== "B"), [{
      path: "B",
      kind: "file",
    }]);
  });
});

Deno.test("canonicalJson() has one spelling per value", () => {
  const left = { b: { y: -0, x: undefined }, a: [1e-5, "ä"], 2: null };
  const right = { 2: null, a: [0.00001, "ä"], b: { y: 0 } };
  assert.equal(canonicalJson(left), '{"2":null,"a":[0.00001,"ä"],"b":{"y":0}}');
  assert.equal(canonicalJson(left), canonicalJson(right));
});

Deno.test("canonicalJson() refuses what JSON would lose", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  for (
    const [value, message] of [
      [
        { lr: NaN },
        "Cannot write value.lr as JSON: found NaN, wanted a finite number",
      ],
      [[1n], "Cannot write value[0] as JSON: found a bigint"],
      [new Map(), "Cannot write value as JSON: found an instance of Map"],
      [
        new Float32Array(1),
        "Cannot write value as JSON: found an instance of Float32Array",
      ],
      [cycle, "Cannot write value.self as JSON: found a cycle"],
    ] as const
  ) assert.throws(() => canonicalJson(value), { name: "TypeError", message });
});
