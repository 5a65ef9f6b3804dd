import assert from "node:assert/strict";
import { join } from "node:path";
import { fingerprintData } from "../../lib/store/data_fingerprint.ts";
import { FingerprintCache } from "../../lib/store/fingerprint_cache.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "./stored_step.ts";

const CAPTIONS = "a.png\ta heart\nb.png\ta star\n";

async function fingerprint(folder: string) {
  const cache = await FingerprintCache.open(join(folder, "cache.json"));
  const place = {
    name: "icons",
    imageFolder: join(folder, "images"),
    captionsFile: join(folder, "captions.tsv"),
  };
  const found = await fingerprintData(place, cache);
  await cache.save();
  return found;
}

Deno.test("fingerprintData() is the same in another place and sees every content change", async () => {
  await withTemporaryFolder(async (top) => {
    const files = {
      "captions.tsv": CAPTIONS,
      "images/a.png": "A",
      "images/b.png": "B",
    };
    for (const name of ["one", "two"]) await writeFiles(join(top, name), files);
    await writeFiles(join(top, "two"), { "images/unused.png": "" });
    const one = await fingerprint(join(top, "one"));
    assert.equal(one.captions, 2);
    assert.deepEqual(await fingerprint(join(top, "two")), one);
    assert.deepEqual(
      await fingerprint(join(top, "two")),
      one,
      "from the cache",
    );
    const picture = join(top, "two", "images", "b.png");
    await Deno.writeTextFile(picture, "C");
    await Deno.utime(picture, 9, 9);
    assert.notEqual((await fingerprint(join(top, "two"))).digest, one.digest);
  });
});

Deno.test("fingerprintData() names what is missing or wrong", async () => {
  await withTemporaryFolder(async (folder) => {
    const start = 'Cannot read dataset "icons": ';
    const captions = join(folder, "captions.tsv");
    const images = join(folder, "images");
    const table: [Record<string, string>, string][] = [
      [{}, `there is no captions file "${captions}"`],
      [{ "captions.tsv": CAPTIONS }, `there is no folder "${images}"`],
      [
        { "images/a.png": "A" },
        `${captions}:2 names picture "b.png", which is not in "${images}"`,
      ],
      [
        { "captions.tsv": "a.png\ta heart\nb.png a star\n" },
        `${captions}:2 has 0 tabs, wanted one`,
      ],
      [
        { "captions.tsv": "a.png\ta heart\n\n" },
        `${captions}:2 is blank`,
      ],
      [
        { "captions.tsv": "a.png\ta\theart\n" },
        `${captions}:1 has 2 tabs, wanted one`,
      ],
      [
        { "captions.tsv": "" },
        `"${captions}" is empty`,
      ],
    ];
    for (const [files, message] of table) {
      await writeFiles(folder, files);
      await assert.rejects(fingerprint(folder), {
        name: "RefusedError",
        message: start + message,
      });
    }
  });
});

Deno.test("FingerprintCache.open() takes a broken cache for an empty one", async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, {
      "cache.json": "{",
      "captions.tsv": CAPTIONS,
      "images/a.png": "A",
      "images/b.png": "B",
    });
    await fingerprint(folder);
    const saved = JSON.parse(
      await Deno.readTextFile(join(folder, "cache.json")),
    );
    assert.equal(Object.keys(saved.files).length, 2);
  });
});
