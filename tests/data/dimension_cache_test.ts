// The dimension cache against FluxFlow's data set tests: made, reused, made anew for other content, and never trusted blindly.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  dimensionCachePath,
  readDimensionCache,
  sizeGroups,
  sizeStatistics,
  writeDimensionCache,
} from "../../lib/data/dimension_cache.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const KEY = { fingerprint: "ab".repeat(32), multiple: 16 };
const HEADERS = [
  { width: 64, height: 48 },
  { width: 64, height: 48 },
  "it is cut off",
  { width: 30, height: 30 },
];

Deno.test("DS the dimension cache holds sizes, groups and statistics, and gives the headers back", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = dimensionCachePath(folder, KEY);
    assert.equal(await readDimensionCache(path, KEY), null);
    await writeDimensionCache(path, KEY, { headers: HEADERS });
    const known = await readDimensionCache(path, KEY);
    assert.deepEqual(known?.headers, HEADERS);
    const record = JSON.parse(await Deno.readTextFile(path));
    assert.equal(record.total_images, 4);
    assert.deepEqual(record.size_groups, { "64x48": 2, "32x32": 1 });
    assert.deepEqual(record.statistics, {
      num_groups: 2,
      min_group_size: 1,
      max_group_size: 2,
      avg_group_size: 1.5,
    });
  });
});

Deno.test("DS other captions, pictures or another multiple have another cache", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = dimensionCachePath(folder, KEY);
    const other = { ...KEY, fingerprint: "cd".repeat(32) };
    assert.notEqual(dimensionCachePath(folder, other), path);
    assert.notEqual(dimensionCachePath(folder, { ...KEY, multiple: 8 }), path);
    await writeDimensionCache(path, KEY, { headers: HEADERS });
    assert.equal(await readDimensionCache(path, other), null);
  });
});

Deno.test("DS a cache that cannot be understood is read anew, and nothing in it is evaluated", async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, "c.json");
    await writeDimensionCache(path, KEY, { headers: HEADERS });
    const record = JSON.parse(await Deno.readTextFile(path));
    const broken = [
      "{",
      JSON.stringify({ ...record, version: 9 }),
      JSON.stringify({ ...record, total_images: 3 }),
      JSON.stringify({ ...record, sizes: [[1, 2], [0, 5], ["3", 3], null] }),
      JSON.stringify({ ...record, sizes: "(Deno.exit(1), 1)" }),
    ];
    for (const text of broken) {
      await Deno.writeTextFile(path, text);
      assert.equal(await readDimensionCache(path, KEY), null, text);
    }
  });
});

Deno.test("sizeStatistics() of nothing are zeros", () => {
  assert.deepEqual(sizeGroups(["it is empty"], 16), {});
  assert.equal(sizeStatistics({}).max_group_size, 0);
});
