// Samples of tar shards: which members make one, which cannot be used, and how any of them is read.
import assert from "node:assert/strict";
import { join } from "node:path";
import { BatchStream } from "../../lib/data/batch_stream.ts";
import { indexShard } from "../../lib/data/indexed_shard.ts";
import { openPictureSet } from "../../lib/data/picture_set.ts";
import type { ShardKeys } from "../../lib/data/shard_index.ts";
import { openShardSource } from "../../lib/data/shard_source.ts";
import { RefusedError, StepFailure } from "../../lib/error/failure.ts";
import { type Member, samples, tarOf } from "../shards/made_shard.ts";
import { pictureBytes } from "./picture_folder.ts";

const KEYS: ShardKeys = { image: "png", label: "json", caption: "prompt" };

const SIZING = {
  multiple: 1,
  imageSize: null,
  fit: "crop",
  reducedSizes: [],
} as const;

/** Opens shards of these members, in a folder of their own. */
async function withShards<T>(
  shards: readonly (readonly Member[])[],
  keys: ShardKeys,
  act: (
    source: ReturnType<typeof openShardSource>,
    folder: string,
  ) => Promise<T>,
): Promise<T> {
  const folder = Deno.makeTempDirSync();
  try {
    const opened = [];
    for (const [number, members] of shards.entries()) {
      const path = join(folder, `s${number}.tar`);
      Deno.writeFileSync(path, await tarOf(members));
      const file = { address: path, path, index: path, sha256: "0".repeat(64) };
      const made = await indexShard(file, keys);
      await made.save();
      // What was kept says the same as what was read.
      const kept = await indexShard(file, keys);
      assert.deepEqual(kept.shard, made.shard);
      opened.push(kept.shard);
    }
    return await act(openShardSource(opened, keys), folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("openShardSource() gives pictures and captions of all shards in order", async () => {
  await withShards(
    [samples(0, 3), samples(3, 2)],
    KEYS,
    async (source, folder) => {
      assert.equal(source.size, 5);
      assert.equal(source.caption(4), "picture 4");
      assert.equal(source.name(4), "s1.tar/0004");
      assert.equal(source.place(4), `${join(folder, "s1.tar")}: 0004`);
      assert.deepEqual(source.header(4), { width: 8, height: 8 });
      for (const index of [4, 0, 3]) {
        assert.deepEqual(await source.read(index), pictureBytes(index, 8, 8));
      }
      Deno.removeSync(join(folder, "s1.tar"));
      await assert.rejects(source.read(3), StepFailure);
    },
  );
});

Deno.test("openShardSource() takes captions from text and several endings of pictures", async () => {
  const members: Member[] = [
    ["./d/a.PNG", pictureBytes(1)],
    ["./d/a.txt", " a red\nheart\n"],
    ["d/b.seg.png", pictureBytes(2)],
    ["d/b.txt", "two"],
    ["d/._b.png", "hidden"],
    ["README", "no sample"],
  ];
  const keys = { image: "seg.png;png", label: "txt", caption: "prompt" };
  await withShards([members], keys, (source) => {
    const found = [0, 1].map((at) => [source.name(at), source.caption(at)]);
    assert.deepEqual(found, [["s0.tar/d/a", "a red heart"], [
      "s0.tar/d/b",
      "two",
    ]]);
    assert.equal(source.size, 2);
    return Promise.resolve();
  });
});

Deno.test("openShardSource() says of every corrupt sample what is wrong with it", async () => {
  const picture = pictureBytes(1);
  const label = JSON.stringify({ prompt: "x" });
  const members: Member[] = [
    ["lonely.json", label],
    ["mute.png", picture],
    ["odd.png", picture],
    ["odd.json", "{"],
    ["blank.png", picture],
    ["blank.json", JSON.stringify({ prompt: " \n" })],
    ["other.png", picture],
    ["other.json", JSON.stringify({ text: "x" })],
    ["broken.png", "no picture"],
    ["broken.json", label],
    ["twice.png", picture],
    ["twice.png", picture],
    ["twice.json", label],
    ["long.png", picture],
    ["long.json", " ".repeat(1024 * 1024 + 1)],
    ["good.png", picture],
    ["good.json", label],
  ];
  await withShards([members], KEYS, (source) => {
    const set = openPictureSet(source, SIZING);
    const reasons = set.corrupt.map(({ name, reason }) =>
      `${name.slice("s0.tar/".length)}: ${reason}`
    );
    assert.deepEqual(reasons.slice(0, 5).concat(reasons.slice(6)), [
      'lonely: it has no "lonely.png"',
      'mute: it has no "mute.json"',
      "odd: its label is no JSON",
      'blank: the "prompt" of its label is empty',
      'other: its label has no text under "prompt"',
      'twice: the shard holds "twice.png" twice',
      "long: its label is longer than 1 MiB",
    ]);
    assert.match(reasons[5]!, /^broken: /);
    assert.deepEqual([set.size, set.total], [1, 9]);
    return Promise.resolve();
  });
});

Deno.test("openShardSource() names what shards hold instead of samples", async () => {
  const members: Member[] = [["a.jpg", "x"], ["a.txt", "y"]];
  const error = await withShards([members], KEYS, () => Promise.reject("none"))
    .catch((error: unknown) => error);
  assert.ok(error instanceof RefusedError);
  assert.match(error.message, /no sample with "png" or "json".*jpg, txt/);
  assert.match(error.hint ?? "", /webdataset_image_key/);
});

Deno.test("an epoch over shards sees every picture once, in an order over all of them", async () => {
  await withShards(
    [samples(0, 6), samples(6, 5)],
    KEYS,
    async (source) => {
      const set = openPictureSet(source, SIZING);
      const stream = () =>
        new BatchStream(set, { batchSize: 4, seed: 5, maxBatches: null });
      const captions: string[][] = [];
      const straight = stream();
      for (let at = 0; at < straight.batchesPerEpoch; at++) {
        captions.push([...(await straight.read(1, at)).captions]);
      }
      assert.deepEqual(
        captions.flat().sort(),
        Array.from({ length: 11 }, (_, at) => `picture ${at}`).sort(),
      );
      assert.notDeepEqual(captions.flat(), captions.flat().toSorted());
      assert.deepEqual((await stream().read(1, 2)).captions, captions[2]);
    },
  );
});
