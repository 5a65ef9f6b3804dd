// Records that steps and runs share: caches, shards, jobs of a cluster, locks.
import { join } from "node:path";
import {
  dimensionCachePath,
  readDimensionCache,
  writeDimensionCache,
} from "../../lib/data/dimension_cache.ts";
import {
  readShardIndex,
  writeShardIndex,
} from "../../lib/data/shard_index_file.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { Lease } from "../../lib/disk/lease.ts";
import { parseHolder } from "../../lib/disk/lock_holder.ts";
import { Failure } from "../../lib/error/failure.ts";
import { parseRunPosition } from "../../lib/exchange/run_position.ts";
import type { PlannedStep } from "../../lib/plan/plan.ts";
import { lookUpKept, recordKept } from "../../lib/shards/kept_shard.ts";
import { PartialShard } from "../../lib/shards/partial_shard.ts";
import { shardPlace } from "../../lib/shards/shard_place.ts";
import {
  readJobFailure,
  readStepJob,
  readSubmission,
  submissionFolder,
  writeJobFailure,
  writeStepJob,
  writeSubmission,
} from "../../lib/slurm/submission_record.ts";
import { readListing, saveListing } from "../../lib/store/data_listing.ts";
import { FingerprintCache } from "../../lib/store/fingerprint_cache.ts";
import { shareFolder, sharingOf } from "../../lib/store/shared_folder.ts";
import { storeLayout } from "../../lib/store/store_layout.ts";
import { type StoredRecordKind, writtenText } from "./record_kind.ts";

const KEY = "0123456789abcdef";
const URL = "https://example.org/a/shard.tar";
const INDEX_KEY = {
  sha256: sha256Hex("shard"),
  keys: { image: "png", label: "json", caption: "prompt" },
};
/** As much of a planned step as a submission looks at. */
const SUBMITTED = { name: "act", needs: [], request: { key: KEY } };
const SIZE_KEY = { fingerprint: "f", multiple: 8 };
/** Records that steps and runs share: caches, shards, jobs of a cluster, locks. */
export const SHARED_RECORDS: readonly StoredRecordKind[] = [
  {
    ...{ name: "fingerprints.json", seal: "sealed", otherVersion: "made anew" },
    write: async (folder) => {
      const path = join(folder, "fingerprints.json");
      const file = await writtenText(join(folder, "a.png"), "x");
      const cache = await FingerprintCache.open(path);
      await cache.digest(file, Deno.statSync(file));
      await cache.save();
      return path;
    },
    read: async (folder) => {
      const cache = await FingerprintCache.open(
        join(folder, "fingerprints.json"),
      );
      const file = join(folder, "a.png");
      await cache.digest(file, Deno.statSync(file));
      return null;
    },
  },
  {
    ...{ name: "store/dimensions", seal: "plain", otherVersion: "made anew" },
    write: async (folder) => {
      const path = dimensionCachePath(folder, SIZE_KEY);
      const headers = [{ width: 8, height: 8 }, "it is empty"];
      await writeDimensionCache(path, SIZE_KEY, { headers });
      return path;
    },
    read: (folder) =>
      readDimensionCache(dimensionCachePath(folder, SIZE_KEY), SIZE_KEY),
  },
  {
    ...{ name: "store/data", seal: "sealed", otherVersion: "made anew" },
    write: async (folder) => {
      await saveListing(folder, KEY, { "a.png": sha256Hex("a") });
      return join(storeLayout(folder).dataListings, `${KEY}.json`);
    },
    read: (folder) => readListing(folder, KEY),
  },
  {
    ...{ name: "shared.json", seal: "plain", otherVersion: "refused" },
    write: async (folder) => {
      await shareFolder(folder);
      return join(folder, "store/shared.json");
    },
    read: (folder) => sharingOf(folder),
  },
  {
    ...{ name: "submission.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      const submission = {
        ...{ id: "x", runsDir: folder, saveBeforeSeconds: 60 },
      };
      await writeSubmission(submission, [
        { run: "a", step: SUBMITTED as unknown as PlannedStep },
      ]);
      return join(submissionFolder(folder, "x"), "submission.json");
    },
    read: (folder) => readSubmission(submissionFolder(folder, "x")),
  },
  {
    ...{ name: "a step's job", seal: "sealed", otherVersion: "made anew" },
    write: async (folder) => {
      const job = { submission: "x", index: 0, job: "12" };
      await writeStepJob(folder, KEY, job);
      return join(folder, "store/jobs", `${KEY}.json`);
    },
    read: async (folder) => {
      const job = await readStepJob(folder, KEY);
      // Its submission's folder is looked into.
      if (job !== null && !/^[\w-]+$/.test(job.submission)) {
        throw new Error(job.submission);
      }
      return job;
    },
  },
  {
    ...{ name: "a job's failure", seal: "sealed", otherVersion: "made anew" },
    write: async (folder) => {
      const jobs = submissionFolder(folder, "x");
      await makeFolder(jobs);
      await writeJobFailure(jobs, 0, new Failure(4, "It failed"));
      return join(jobs, "0.failure.json");
    },
    read: (folder) => readJobFailure(submissionFolder(folder, "x"), 0),
  },
  {
    ...{ name: "a shard's record", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      const place = shardPlace(folder, URL);
      await writtenText(place.tar, "shard");
      const modifiedMs = Deno.statSync(place.tar).mtime!.getTime();
      await recordKept(
        {
          ...{ address: URL, path: place.tar, index: place.index },
          ...{ bytes: 5, sha256: sha256Hex("shard") },
        },
        place,
        modifiedMs,
      );
      return place.record;
    },
    read: async (folder) => {
      const found = await lookUpKept(URL, shardPlace(folder, URL));
      return found.kind === "damaged" ? found.reason : found;
    },
  },
  {
    ...{ name: "a partial shard", seal: "sealed", otherVersion: "made anew" },
    write: async (folder) => {
      const place = shardPlace(folder, URL);
      await makeFolder(place.folder);
      using partial = await PartialShard.open(URL, place);
      await partial.restart('"tag"');
      await partial.append(new TextEncoder().encode("sha"));
      await partial.keep();
      return place.partialRecord;
    },
    read: async (folder) => {
      const { partial } = shardPlace(folder, URL);
      // Opening cuts what no record vouches for.
      await Deno.writeTextFile(partial, "sha");
      using opened = await PartialShard.open(URL, shardPlace(folder, URL));
      return opened.done === 0 ? null : opened.rangeHeaders;
    },
  },
  {
    ...{ name: "a shard's index", seal: "sealed", otherVersion: "made anew" },
    write: async (folder) => {
      const path = join(folder, "x.index.json");
      const sample = {
        ...{ name: "0", offset: 512, sizeBytes: 7, caption: "c", content: "" },
        header: { width: 8, height: 8 },
      };
      await writeShardIndex(path, INDEX_KEY, {
        samples: [sample, { ...sample, header: "it is empty" }],
        endings: ["png"],
      });
      return path;
    },
    read: (folder) => readShardIndex(join(folder, "x.index.json"), INDEX_KEY),
  },
  {
    ...{ name: "a lease", seal: "plain", otherVersion: "none" },
    write: (folder) =>
      writtenText(
        join(folder, "a.lock.lease-1"),
        JSON.stringify({
          ...{ host: "h", bootId: "b", pid: 1, since: "2026-01-01" },
          ...{ at: "2026-01-01T00:00:00.000Z", beat: 1, isReleased: false },
        }),
      ),
    read: async (folder) => {
      parseHolder(await Deno.readTextFile(join(folder, "a.lock.lease-1")));
      return await Lease.inspect(join(folder, "a.lock"), {
        beatMs: 5,
        deadMs: 10,
      });
    },
  },
  {
    ...{ name: "training_state.json", seal: "plain", otherVersion: "none" },
    write: (folder) =>
      writtenText(
        join(folder, "training_state.json"),
        JSON.stringify({
          ...{ version: "1", mode: "pipeline", epoch: 1, batch_idx: 2 },
          pipeline: { current_step_index: 0, steps_completed: ["a"] },
        }),
      ),
    read: async (folder) =>
      parseRunPosition(
        await Deno.readTextFile(join(folder, "training_state.json")),
      ),
  },
];
