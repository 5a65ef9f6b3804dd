// Which shards of the store somebody refers to, and which files are of shards that nobody refers to any more.
import { basename, join, relative } from "node:path";
import { localIndexStem } from "../data/shard_index_file.ts";
import { StoredStateError } from "../error/failure.ts";
import { expandAddress } from "../shards/shard_address.ts";
import { shardPlace } from "../shards/shard_place.ts";
import { readStepRequest } from "../store/request_record.ts";
import { readResolvedRecord } from "../store/resolved_record.ts";
import type { StepRequest } from "../store/step_request.ts";
import { storeLayout } from "../store/store_layout.ts";

/** A file of a shard: what it begins with, the same for all files of one shard, and its kind. */
const SHARD_FILE =
  /^(?<stem>.*[0-9a-f]{16})\.(?:tar|json|part|part\.json|[0-9a-f]{16}\.index\.json)$/;

/** The starts of file names, relative to the folder of all shards, of what some steps and runs refer to. */
export class ShardUse {
  readonly #root: string;
  readonly #stems = new Set<string>();

  constructor(runsDir: string) {
    this.#root = storeLayout(runsDir).shards;
  }

  /** Takes in what the step of this folder reads. A request that cannot be understood adds nothing: such a step is done anew. */
  async addStep(folder: string): Promise<void> {
    const request = await readStepRequest(folder).catch((error) => {
      if (error instanceof StoredStateError) return null;
      throw error;
    });
    for (const dataset of Object.values(request?.datasets ?? {})) {
      if (dataset.type === "webdataset") this.#addDataset(dataset);
    }
  }

  /**
   * Takes in what the run's pipeline names, for steps that have not begun.
   *
   * @throws {StoredStateError} where the run's record of it cannot be understood
   */
  async addRun(runsDir: string, run: string): Promise<void> {
    const values = await readResolvedRecord(runsDir, run) ?? [];
    for (const { path, value } of values) {
      if (!/(^|\.)webdataset_url$/.test(path) || typeof value !== "string") {
        continue;
      }
      const found = expandAddress(value);
      if (found.ok && found.kind === "remote") this.#addUrls(found.urls);
    }
  }

  /** Whether something that was taken in refers to the shard of this file. */
  has(path: string): boolean {
    const stem = stemOf(path);
    return stem !== null && this.#stems.has(relative(this.#root, stem));
  }

  #addDataset(
    { shards, places }: Extract<
      StepRequest["datasets"][string],
      { type: "webdataset" }
    >,
  ): void {
    if (shards.kind === "remote") this.#addUrls(shards.urls);
    for (const { sha256 } of places.files) {
      this.#add(localIndexStem(this.#root, sha256));
    }
  }

  #addUrls(urls: readonly string[]): void {
    for (const url of urls) this.#add(shardPlace(this.#root, url).index);
  }

  #add(stem: string): void {
    this.#stems.add(relative(this.#root, stem));
  }
}

/** The files of shards in the store, sorted: of one shard its record comes before its content. Lock files are none of them. */
export function shardFiles(runsDir: string): string[] {
  const { shards } = storeLayout(runsDir);
  return namesIn(shards).flatMap((folder) =>
    namesIn(join(shards, folder)).map((name) => join(shards, folder, name))
  ).filter((path) => stemOf(path) !== null);
}

function stemOf(path: string): string | null {
  const stem = SHARD_FILE.exec(basename(path))?.groups?.["stem"];
  return stem === undefined ? null : join(path, "..", stem);
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return [];
    throw error;
  }
}
