// The datasets of one plan: each is fingerprinted once, however many steps read it.
import { parseCaptions } from "../format/captions.ts";
import type { DatasetEntry, Pipeline, TrainStep } from "../catalog/pipeline.ts";
import {
  type DataFingerprint,
  fingerprintData,
} from "../store/data_fingerprint.ts";
import type { FingerprintCache } from "../store/fingerprint_cache.ts";
import { resolveDataset } from "./build_request.ts";
import type { WorkDataset } from "./work_record.ts";

/** A step that may have made a dataset. */
export interface Maker {
  readonly folder: string;
  readonly action: string;
}

/** Fingerprints and sizes of a pipeline's datasets. */
export class PlanDatasets {
  readonly #pipeline: Pipeline;
  readonly #cache: FingerprintCache;
  readonly #fingerprints = new Map<string, Promise<DataFingerprint>>();

  constructor(pipeline: Pipeline, cache: FingerprintCache) {
    this.#pipeline = pipeline;
    this.#cache = cache;
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
      const fingerprint = entry.from === null
        ? (await this.#fingerprint(name)).digest
        : null;
      sets.set(role, { entry, fingerprint, fromKey });
    }
    return sets;
  }

  /** Updates per epoch of a train step; null while its data are not made. */
  async batchesPerEpoch(
    step: TrainStep,
    makerOf: (name: string) => Maker | null,
  ): Promise<number | null> {
    const entry = this.#entry(step.dataset);
    const captions = entry.from === null
      ? (await this.#fingerprint(step.dataset)).captions
      : await madeCaptions(entry, makerOf(entry.from));
    if (captions === null) return null;
    return Math.min(
      Math.ceil(captions / step.batch_size),
      step.max_steps ?? Infinity,
    );
  }

  #entry(name: string): DatasetEntry {
    const entry = this.#pipeline.datasets[name];
    // The loader has checked every name, so this is a defect of ours.
    if (entry === undefined) {
      throw new RangeError(`Cannot find dataset "${name}" in the pipeline`);
    }
    return entry;
  }

  #fingerprint(name: string): Promise<DataFingerprint> {
    let found = this.#fingerprints.get(name);
    if (found === undefined) {
      const place = resolveDataset(this.#entry(name), () => "");
      const { imageFolder, captionsFile } = place;
      found = fingerprintData({ name, imageFolder, captionsFile }, this.#cache);
      this.#fingerprints.set(name, found);
    }
    return found;
  }
}

async function madeCaptions(
  entry: DatasetEntry,
  maker: Maker | null,
): Promise<number | null> {
  if (maker?.action !== "reuse") return null;
  const { captionsFile } = resolveDataset(entry, () => maker.folder);
  try {
    const text = await Deno.readTextFile(captionsFile);
    return parseCaptions(text, captionsFile).length;
  } catch (error) {
    // The step that reads the data reports it, with the name of the step that should have made them.
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
