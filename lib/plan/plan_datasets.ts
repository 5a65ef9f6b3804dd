// The datasets of one plan: each is fingerprinted and its pictures' sizes are read once, however many steps use it.
import { RefusedError } from "../error/failure.ts";
import { BatchOrder } from "../data/batch_order.ts";
import { headersAt, partPlaces } from "../data/dataset_part.ts";
import {
  dimensionCachePath,
  type DimensionKey,
} from "../data/dimension_cache.ts";
import { selectSamples } from "../data/selected_samples.ts";
import { shardKeysOf } from "../data/shard_index.ts";
import { sizingOf } from "../data/size_class.ts";
import type { ViewTable } from "../data/view_table.ts";
import { digestRecord } from "../disk/digest.ts";
import type {
  DatasetEntry,
  FolderEntry,
  Pipeline,
  ShardEntry,
  TrainStep,
} from "../catalog/pipeline.ts";
import {
  type DataFingerprint,
  fingerprintData,
} from "../store/data_fingerprint.ts";
import { listingOf, saveListing } from "../store/data_listing.ts";
import type { FingerprintCache } from "../store/fingerprint_cache.ts";
import type { ShardPlaces } from "../store/step_request.ts";
import type { StoreLayout } from "../store/store_layout.ts";
import { resolveDataset } from "./build_request.ts";
import { knownDimensions, type SampleHeaders } from "./known_dimensions.ts";
import {
  shardFiles,
  shardFingerprint,
  shardHeaders,
  shardPlaces,
} from "./plan_shards.ts";
import type { WorkDataset } from "./work_record.ts";

/** A step that may have made a dataset. */
export interface Maker {
  readonly folder: string;
  readonly action: string;
  readonly key: string;
}

/** Where the sizes of a dataset's pictures are kept, and under what. */
export interface DimensionPlace extends DimensionKey {
  /** Absolute. */
  readonly path: string;
}

/** Fingerprints and sizes of a pipeline's datasets. */
export class PlanDatasets {
  readonly #pipeline: Pipeline;
  readonly #cache: FingerprintCache;
  readonly #layout: StoreLayout;
  readonly #fingerprints = new Map<string, Promise<DataFingerprint>>();
  readonly #headers = new Map<string, Promise<SampleHeaders>>();
  readonly #shardSamples = new Map<string, Promise<SampleHeaders | null>>();

  constructor(
    pipeline: Pipeline,
    cache: FingerprintCache,
    layout: StoreLayout,
  ) {
    this.#pipeline = pipeline;
    this.#cache = cache;
    this.#layout = layout;
  }

  /**
   * The datasets of a step by role.
   *
   * @throws {RefusedError} where data that no step makes are missing or broken
   */
  async ofStep(
    roles: ReadonlyMap<string, string>,
    keyOf: (step: string) => string,
  ): Promise<Map<string, WorkDataset>> {
    const sets = new Map<string, WorkDataset>();
    for (const [role, name] of roles) {
      const entry = this.#entry(name);
      const fromKey = entry.from === null ? null : keyOf(entry.from);
      const fingerprint = await this.#identity(name, entry);
      sets.set(role, { entry, fingerprint, fromKey });
    }
    return sets;
  }

  /** Where the shards of the datasets lie, by dataset; those of other kinds have none. */
  async shardsOf(names: Iterable<string>): Promise<Map<string, ShardPlaces>> {
    const places = new Map<string, ShardPlaces>();
    for (const name of names) {
      const entry = this.#entry(name);
      if (entry.type === "webdataset") {
        places.set(name, await this.#shardPlaces(entry));
      }
    }
    return places;
  }

  /** Updates per epoch of a train step; null while its data are not made. */
  async batchesPerEpoch(
    step: TrainStep,
    makerOf: (name: string) => Maker | null,
  ): Promise<number | null> {
    const views = await this.viewsOf(step, makerOf);
    // The step says which samples are corrupt.
    if (views === null || views.count === 0) return null;
    return new BatchOrder(views, {
      batchSize: step.batch_size,
      maxBatches: step.max_steps,
      seed: this.#pipeline.seed,
    }).batchesPerEpoch;
  }

  /** The sizes at which a train step sees its pictures; null while its data are not made. */
  async viewsOf(
    step: TrainStep,
    makerOf: (name: string) => Maker | null,
  ): Promise<ViewTable | null> {
    const headers = await this.#sampleHeaders(step.dataset, makerOf);
    if (headers === null) return null;
    const { data, model } = this.#pipeline;
    const part = await this.#partOf(step.dataset, headers);
    return selectSamples(part, sizingOf(data, model)).views;
  }

  /**
   * Where the sizes of the datasets' pictures are kept, by dataset; those are absent whose data are not made. `save` writes what is
   * not kept yet.
   */
  async dimensionsOf(
    names: Iterable<string>,
    makerOf: (name: string) => Maker | null,
    save: boolean,
  ): Promise<Map<string, DimensionPlace>> {
    const places = new Map<string, DimensionPlace>();
    for (const name of names) {
      const entry = this.#entry(name);
      if (save) {
        await this.#saveHeaders(name, makerOf);
        await this.#saveListing(name, entry);
      }
      if (entry.type === "webdataset") continue;
      const key = await this.#dimensionKey(name, entry, makerOf);
      if (key === null) continue;
      const path = dimensionCachePath(this.#layout.dimensions, key);
      places.set(name, { path, ...key });
    }
    return places;
  }

  async #saveHeaders(
    name: string,
    makerOf: (name: string) => Maker | null,
  ): Promise<void> {
    const headers = await this.#sampleHeaders(name, makerOf);
    if (headers === null) return;
    if (this.#entry(name).split !== null) await this.#contents(headers);
    await headers.save();
  }

  /** Keeps which files the data are; what a step makes is known by that step. */
  async #saveListing(name: string, entry: DatasetEntry): Promise<void> {
    const fingerprint = await this.#identity(name, entry);
    if (fingerprint === null) return;
    const files = entry.type === "webdataset"
      ? shardFiles(await this.#shardPlaces(entry))
      : (await this.#fingerprint(name)).files;
    await saveListing(this.#layout.runsDir, fingerprint, listingOf(files));
  }

  /** Null where something else stands for the data. */
  async #identity(name: string, entry: DatasetEntry): Promise<string | null> {
    if (entry.type === "webdataset") {
      return await shardFingerprint(entry, this.#cache);
    }
    return entry.from === null ? (await this.#fingerprint(name)).digest : null;
  }

  #shardPlaces(entry: ShardEntry): Promise<ShardPlaces> {
    return shardPlaces(entry, this.#layout.shards, this.#cache);
  }

  #entry(name: string): DatasetEntry {
    const entry = this.#pipeline.datasets[name];
    // The loader has checked every name, so this is a defect of ours.
    if (entry === undefined) {
      throw new RangeError(`Cannot find dataset "${name}" in the pipeline`);
    }
    return entry;
  }

  /**
   * The samples of a dataset that is one of two parts.
   *
   * @throws {RefusedError} where the part is empty
   */
  async #partOf(name: string, headers: SampleHeaders) {
    const { split } = this.#entry(name);
    if (split === null) return headers;
    const { seed } = this.#pipeline;
    const contents = await this.#contents(headers);
    const places = partPlaces(contents, { ...split, seed });
    if (places.length > 0) return headersAt(headers, places);
    throw new RefusedError(
      `Cannot use dataset "${name}": with holdout ${split.share} this part of its ${contents.length} samples is empty`,
      { hint: "Choose another share, another seed, or more pictures" },
    );
  }

  #contents(headers: SampleHeaders): Promise<readonly string[]> {
    return headers.contents(async (path) =>
      await this.#cache.digest(path, await Deno.stat(path))
    );
  }

  /** Null while the data are not made. */
  async #sampleHeaders(
    name: string,
    makerOf: (name: string) => Maker | null,
  ): Promise<SampleHeaders | null> {
    const known = this.#entry(name);
    if (known.type === "webdataset") {
      return await this.#shardHeaders(known);
    }
    const key = await this.#dimensionKey(name, known, makerOf);
    if (key === null) return null;
    const { from, ...entry } = known;
    const folder = from === null ? "" : makerOf(from)?.folder ?? "";
    const place = resolveDataset({ from, ...entry }, () => folder);
    let found = this.#headers.get(place.captionsFile);
    if (found === undefined) {
      found = knownDimensions(place, this.#layout.dimensions, key);
      this.#headers.set(place.captionsFile, found);
    }
    try {
      return await found;
    } catch (error) {
      // The step that reads the data reports it, with the name of the step that should have made them.
      if (from !== null && error instanceof RefusedError) return null;
      throw error;
    }
  }

  /** Null while remote shards are yet to be fetched. */
  #shardHeaders(entry: ShardEntry): Promise<SampleHeaders | null> {
    // Both parts of a dataset are of the same shards.
    const name = digestRecord([entry.webdataset_url, shardKeysOf(entry)]);
    let found = this.#shardSamples.get(name);
    if (found === undefined) {
      found = this.#shardPlaces(entry).then((places) =>
        shardHeaders(entry, places)
      );
      this.#shardSamples.set(name, found);
    }
    return found;
  }

  async #dimensionKey(
    name: string,
    entry: FolderEntry,
    makerOf: (name: string) => Maker | null,
  ): Promise<DimensionKey | null> {
    const multiple = 2 ** this.#pipeline.model.downscales;
    if (entry.from === null) {
      const { digest } = await this.#fingerprint(name);
      return { fingerprint: digest, multiple };
    }
    const maker = makerOf(entry.from);
    if (maker?.action !== "reuse") return null;
    // What a finished step made is known by its key and by where it lies in the output.
    const { image_folder, captions_file } = entry;
    const fingerprint = digestRecord({
      key: maker.key,
      image_folder,
      captions_file,
    });
    return { fingerprint, multiple };
  }

  #fingerprint(name: string): Promise<DataFingerprint> {
    let found = this.#fingerprints.get(name);
    if (found === undefined) {
      const entry = this.#entry(name) as FolderEntry;
      const { imageFolder, captionsFile } = resolveDataset(entry, () => "");
      found = fingerprintData({ name, imageFolder, captionsFile }, this.#cache);
      this.#fingerprints.set(name, found);
    }
    return found;
  }
}
