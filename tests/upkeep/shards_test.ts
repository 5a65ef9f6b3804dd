// Shards of the store: verify hashes them, gc finds those that no run refers to, and neither touches the others.
import assert from "node:assert/strict";
import { join } from "node:path";
import { localIndexStem } from "../../lib/data/shard_index_file.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import { recordKept } from "../../lib/shards/kept_shard.ts";
import { shardPlace } from "../../lib/shards/shard_place.ts";
import { writeStepRequest } from "../../lib/store/request_record.ts";
import { writeResolvedRecord } from "../../lib/store/resolved_record.ts";
import { writeRunManifest } from "../../lib/store/run_record.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { storeLayout } from "../../lib/store/store_layout.ts";
import { findGarbage, removeGarbage } from "../../lib/upkeep/garbage.ts";
import { verifyStore } from "../../lib/upkeep/verify_store.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { filesOf } from "./damaged_runs.ts";

const HOST = "https://shards.example/set";
const KEY = "0123456789abcdef";
const OWN = sha256Hex("a shard of the user's own");

/** A fetched shard, its index and its lock, as they lie in the store. */
async function keepShard(runs: string, name: string): Promise<string> {
  const url = `${HOST}/${name}.tar`;
  const place = shardPlace(storeLayout(runs).shards, url);
  await Deno.mkdir(place.folder, { recursive: true });
  const content = new TextEncoder().encode(`content of ${name}`);
  await Deno.writeFile(place.tar, content);
  const shard = {
    address: url,
    path: place.tar,
    index: place.index,
    bytes: content.length,
    sha256: sha256Hex(content),
  };
  const { mtime } = await Deno.stat(place.tar);
  await recordKept(shard, place, mtime!.getTime());
  await Deno.writeTextFile(`${place.index}.${KEY}.index.json`, "{}");
  await Deno.writeTextFile(place.lock, "");
  return place.tar;
}

/** A run whose step reads shard `a` and a shard of the user's own; its pipeline names `b` for a step that has not begun. */
async function openStore(runs: string): Promise<Record<string, string>> {
  const tars: Record<string, string> = {};
  for (const name of ["a", "b", "c"]) tars[name] = await keepShard(runs, name);
  const { shards, store } = storeLayout(runs);
  await Deno.mkdir(join(shards, "local"));
  for (const sha256 of [OWN, sha256Hex("another")]) {
    const stem = localIndexStem(shards, sha256);
    await Deno.writeTextFile(`${stem}.${KEY}.index.json`, "{}");
  }
  await Deno.writeTextFile(join(shards, "local", "notes.txt"), "mine");
  const dataset = (kind: object, files: readonly object[]) => ({
    type: "webdataset",
    shards: kind,
    places: { files },
  });
  await writeStepRequest({
    version: 1,
    key: KEY,
    folder: join(store, `vae-${KEY}`),
    work: {},
    options: {},
    step: { name: "vae", index: 0, count: 2 },
    datasets: {
      web: dataset({ kind: "remote", urls: [`${HOST}/a.tar`] }, []),
      own: dataset({ kind: "local", patterns: ["x.tar"] }, [{ sha256: OWN }]),
    },
  } as unknown as StepRequest);
  await Deno.mkdir(join(runs, "first"));
  await writeRunManifest(runs, {
    run: "first",
    pipeline: "p.yaml",
    digest: "d",
    mode: "pipeline",
    seed: 0,
    engine: "wasm",
    engineChoice: null,
    versions: {},
    createdAt: "2026-01-02T03:04:05.000Z",
    updatedAt: "2026-01-02T03:04:05.000Z",
    steps: [
      { name: "vae", task: "train", key: KEY, state: "done" },
      { name: "more", task: "train", key: "f".repeat(16), state: "waiting" },
    ],
  });
  await writeResolvedRecord(runs, "first", [{
    path: "training.pipeline.datasets.more.webdataset_url",
    value: `${HOST}/{b,b}.tar`,
    origin: "p.yaml:1:1",
  }]);
  return tars;
}

Deno.test("gc finds and removes shards and indexes that no run refers to, and leaves the others, their locks and foreign files", async () => {
  await withTemporaryFolder(async (runs) => {
    const { c } = await openStore(runs);
    const stem = c!.slice(0, -".tar".length);
    const garbage = await findGarbage(runs);
    const other = localIndexStem(
      storeLayout(runs).shards,
      sha256Hex("another"),
    );
    assert.deepEqual(
      garbage.map(({ path, reason }) => [path, reason]),
      [
        `${other}.${KEY}.index.json`,
        `${stem}.${KEY}.index.json`,
        `${stem}.json`,
        `${stem}.tar`,
      ].map((path) => [path, "a shard that no run refers to"]),
    );
    const before = filesOf(runs);
    assert.deepEqual(await removeGarbage(runs, garbage), []);
    const gone = new Set(
      garbage.map(({ path }) => path.slice(runs.length + 1)),
    );
    assert.deepEqual(
      filesOf(runs),
      before.filter((path) => !gone.has(path)),
    );
    assert.deepEqual(await findGarbage(runs), []);
  });
});

Deno.test("verify hashes the shards whatever the times of their files say: all, or those of one run", async () => {
  await withTemporaryFolder(async (runs) => {
    const { a, b, c } = await openStore(runs);
    const whole = await verifyStore(runs, undefined);
    assert.deepEqual(
      [whole.shards.files, whole.shards.findings],
      [3, []],
    );
    for (const path of [a!, b!]) {
      const { mtime } = await Deno.stat(path);
      const bytes = await Deno.readFile(path);
      bytes[3]! ^= 1;
      await Deno.writeFile(path, bytes);
      await Deno.utime(path, mtime!, mtime!);
    }
    await Deno.remove(c!);
    const { shards } = await verifyStore(runs, undefined);
    assert.equal(shards.files, 0);
    assert.deepEqual(
      shards.findings.map(({ place, reason }) => [
        place,
        reason.split(";")[0],
      ]),
      [
        [a, "it has other content than when it was fetched"],
        [b, "it has other content than when it was fetched"],
        [c, "it is gone"],
      ],
    );
    const ofStep = await verifyStore(runs, "vae");
    assert.deepEqual(ofStep.shards.findings.map(({ place }) => place), [a]);
  });
});
