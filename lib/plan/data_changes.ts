// Which files changed in the data of a step whose fingerprint changed.
import { fingerprintData } from "../store/data_fingerprint.ts";
import {
  compareListings,
  type DataListing,
  type ListingDifference,
  listingOf,
  readListing,
} from "../store/data_listing.ts";
import { FingerprintCache } from "../store/fingerprint_cache.ts";
import type { ResolvedDataset } from "../store/step_request.ts";
import { storeLayout } from "../store/store_layout.ts";
import type { PlannedStep } from "./plan.ts";
import { shardFiles } from "./plan_shards.ts";
import { datasetRoles } from "./step_inputs.ts";
import type { WorkChange } from "./work_changes.ts";

/** What changed in one dataset. */
export interface DataChange {
  readonly dataset: string;
  /** Null where nothing tells what the data were: the last run kept no list of its files. */
  readonly files: ListingDifference | null;
}

const FINGERPRINT = /^datasets\.(.+)\.fingerprint$/;

/** The datasets of the step whose content changed, with their files. */
export async function dataChanges(
  changes: readonly WorkChange[],
  { step, request }: Pick<PlannedStep, "step" | "request">,
  runsDir: string,
): Promise<DataChange[]> {
  const roles = datasetRoles(step);
  const cache = await FingerprintCache.open(storeLayout(runsDir).fingerprints);
  const found = new Map<string, DataChange>();
  for (const { key, old, new: now } of changes) {
    const dataset = roles.get(FINGERPRINT.exec(key)?.[1] ?? "");
    const entry = dataset === undefined ? undefined : request.datasets[dataset];
    if (dataset === undefined || entry === undefined) continue;
    if (typeof old !== "string" || typeof now !== "string") continue;
    const before = await readListing(runsDir, old);
    const files = before === null
      ? null
      : compareListings(before, await listData(dataset, entry, cache));
    found.set(dataset, { dataset, files });
  }
  return [...found.values()];
}

/** The files that a dataset's fingerprint stands for now. */
async function listData(
  name: string,
  entry: ResolvedDataset,
  cache: FingerprintCache,
): Promise<DataListing> {
  if (entry.type === "webdataset") {
    return listingOf(shardFiles(entry.places));
  }
  const { imageFolder, captionsFile } = entry;
  const { files } = await fingerprintData(
    { name, imageFolder, captionsFile },
    cache,
  );
  return listingOf(files);
}
