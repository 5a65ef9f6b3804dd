import assert from "node:assert/strict";
import { seal } from "../../lib/disk/sealed_record.ts";
import { join } from "node:path";
import { readMarker } from "../../lib/store/marker.ts";
import { setAside } from "../../lib/store/set_aside.ts";
import { findStepFolder } from "../../lib/store/store_layout.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { finishStep, writeFiles } from "./stored_step.ts";

const KEY = "0123456789abcdef";

Deno.test("commitMarker() vouches for every file but attempts, timings and leftovers", async () => {
  await withTemporaryFolder(async (runs) => {
    const folder = join(runs, "store", `a-${KEY}`);
    const marker = await finishStep(folder, KEY, {
      "request.json": "{}",
      "output/one.txt": "abc",
      "attempts/1/log.txt": "log",
      "timings.jsonl": "{}\n",
      "output/.half.1.tmp": "half",
    });
    assert.deepEqual(marker.files.map((file) => [file.path, file.bytes]), [
      ["output/one.txt", 3],
      ["request.json", 2],
    ]);
    assert.equal(
      marker.files[0]?.sha256,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    assert.deepEqual(await readMarker(folder, { deep: true }), {
      kind: "complete",
      marker,
    });
  });
});

Deno.test("commitMarker() refuses a link", async () => {
  await withTemporaryFolder(async (runs) => {
    const folder = join(runs, "store", `a-${KEY}`);
    await writeFiles(folder, { "request.json": "{}" });
    await Deno.symlink("/etc/hostname", join(folder, "link"));
    await assert.rejects(finishStep(folder, KEY, {}), {
      name: "StoredStateError",
      message: `Cannot complete step "a": "${
        join(folder, "link")
      }" is not a regular file`,
    });
  });
});

Deno.test("readMarker() answers absent where there is no marker or no folder", async () => {
  await withTemporaryFolder(async (runs) => {
    assert.deepEqual(await readMarker(join(runs, "none"), { deep: false }), {
      kind: "absent",
    });
  });
});

Deno.test("readMarker() tells what is damaged, and why", async () => {
  const table: [string, (folder: string) => void | Promise<void>, string][] = [
    ["removed", (folder) => Deno.remove(join(folder, "b")), '"b" is missing'],
    [
      "both",
      (folder) => writeFiles(folder, { a: "x", b: "longer" }),
      '"a" has 1 bytes, wanted 2, and 1 more',
    ],
    [
      "same size",
      async (folder) => {
        await Deno.writeTextFile(join(folder, "b"), "BB");
        await Deno.utime(join(folder, "b"), 5, 5);
      },
      '"b" has other content than when the step finished',
    ],
    [
      "link",
      async (folder) => {
        await Deno.remove(join(folder, "b"));
        await Deno.symlink("a", join(folder, "b"));
      },
      '"b" is not a regular file',
    ],
    [
      "marker cut",
      (folder) => Deno.writeTextFile(join(folder, "complete.json"), "{"),
      "found no JSON object",
    ],
    [
      "marker lacks fields",
      (folder) =>
        Deno.writeTextFile(join(folder, "complete.json"), '{"version":1}'),
      "complete.json lacks fields of a marker",
    ],
    [
      "marker of a later version",
      (folder) =>
        Deno.writeTextFile(join(folder, "complete.json"), '{"version":2}'),
      "found version 2, wanted 1",
    ],
  ];
  for (const [name, harm, reason] of table) {
    await withTemporaryFolder(async (runs) => {
      const folder = join(runs, "store", `a-${KEY}`);
      await finishStep(folder, KEY, { a: "aa", b: "bb" });
      await harm(folder);
      const found = await readMarker(folder, { deep: false });
      assert.equal(found.kind, "damaged", name);
      assert.ok(
        found.kind === "damaged" && found.reason.endsWith(reason),
        `${name}: ${JSON.stringify(found)}`,
      );
    });
  }
});

Deno.test("readMarker() refuses the marker of another key", async () => {
  await withTemporaryFolder(async (runs) => {
    const folder = join(runs, "store", `a-${KEY}`);
    await finishStep(folder, "f".repeat(16), { b: "bb" });
    assert.deepEqual(await readMarker(folder, { deep: false }), {
      kind: "damaged",
      reason: "complete.json belongs to key ffffffffffffffff",
      problems: [{
        path: "complete.json",
        reason: "complete.json belongs to key ffffffffffffffff",
      }],
    });
  });
});

Deno.test("readMarker() deep finds what size and time hide, and a touched file is fine", async () => {
  await withTemporaryFolder(async (runs) => {
    const folder = join(runs, "store", `a-${KEY}`);
    await finishStep(folder, KEY, { b: "bb" });
    const path = join(folder, "b");
    const { mtime } = await Deno.stat(path);
    await Deno.utime(path, 77, 77);
    assert.equal((await readMarker(folder, { deep: false })).kind, "complete");
    await Deno.writeTextFile(path, "BB");
    await Deno.utime(path, mtime as Date, mtime as Date);
    assert.equal((await readMarker(folder, { deep: false })).kind, "complete");
    assert.equal((await readMarker(folder, { deep: true })).kind, "damaged");
  });
});

Deno.test("setAside() keeps the folder where no key finds it", async () => {
  await withTemporaryFolder(async (runs) => {
    const folder = join(runs, "store", `a-${KEY}`);
    const at = new Date("2026-01-02T03:04:05.678Z");
    const places: string[] = [];
    for (let round = 0; round < 2; round++) {
      await finishStep(folder, KEY, { b: "bb" });
      places.push(await setAside(folder, "forced", at));
    }
    assert.deepEqual(places, [
      `${folder}.aside-20260102T030405Z`,
      `${folder}.aside-20260102T030405Z-2`,
    ]);
    assert.equal(await Deno.readTextFile(join(places[0] as string, "b")), "bb");
    const note = JSON.parse(
      await Deno.readTextFile(join(places[0] as string, "aside.json")),
    );
    assert.deepEqual(note, {
      reason: "forced",
      at: "2026-01-02T03:04:05.678Z",
    });
    assert.equal(findStepFolder(runs, KEY, "a").exists, false);
  });
});

Deno.test("findStepFolder() finds by key, whatever the label", async () => {
  await withTemporaryFolder(async (runs) => {
    const store = join(runs, "store");
    assert.deepEqual(findStepFolder(runs, KEY, "new"), {
      folder: join(store, `new-${KEY}`),
      exists: false,
    });
    await writeFiles(store, {
      [`old-${KEY}/x`]: "",
      [`old-${KEY}.lock`]: "",
      [`zold-${KEY}.aside-20260102T030405Z/x`]: "",
    });
    assert.deepEqual(findStepFolder(runs, KEY, "new"), {
      folder: join(store, `old-${KEY}`),
      exists: true,
    });
    await writeFiles(store, { [`new-${KEY}/x`]: "" });
    assert.equal(
      findStepFolder(runs, KEY, "new").folder,
      join(store, `new-${KEY}`),
    );
  });
});

Deno.test("readMarker() takes what is no file, or a number that is none, as damage", async () => {
  const spoil: [(marker: string) => Promise<void>, RegExp][] = [
    [(marker) => Deno.mkdir(marker), /it is not a regular file$/],
    [(marker) => Deno.symlink("nowhere", marker), /it is not a regular file$/],
    [
      (marker) => Deno.copyFile(`${marker}.null`, marker),
      /lacks fields of a marker$/,
    ],
  ];
  for (const [damage, reason] of spoil) {
    await withTemporaryFolder(async (runs) => {
      const folder = join(runs, "store", `a-${KEY}`);
      await finishStep(folder, KEY, { b: "b" });
      const marker = join(folder, "complete.json");
      const { seal: _seal, ...record } = JSON.parse(
        (await Deno.readTextFile(marker)).replace("0.5", "null"),
      );
      await Deno.writeTextFile(`${marker}.null`, JSON.stringify(seal(record)));
      await Deno.remove(marker);
      await damage(marker);
      const found = await readMarker(folder, { deep: false });
      assert.equal(found.kind, "damaged");
      assert.match(found.reason, reason);
    });
  }
});
