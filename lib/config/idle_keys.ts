// Keys of FluxFlow that mean nothing without something else that is off: accepted, since many files carry them, and told.
import { isNull, keyPlaceOf, locate } from "../source/located_tree.ts";
import type { LocatedMap } from "../source/located_tree.ts";
import type { Report } from "./report.ts";

/** Keys of `data` that only web datasets read; `use_webdataset: true` itself is refused by this version. */
const WEB_DATASET_KEYS = [
  "webdataset_url",
  "webdataset_token",
  "webdataset_image_key",
  "webdataset_label_key",
  "webdataset_caption_key",
  "webdataset_size",
  "webdataset_samples_per_shard",
  "tt2m_token",
  "dataloader_max_retries",
  "dataloader_retry_delay",
];

/** Warns of each written key that has no effect in this file. */
export function warnOfIdleKeys(document: LocatedMap, report: Report): void {
  for (const key of WEB_DATASET_KEYS) {
    const path = ["data", key];
    const found = locate(document, path);
    if (found === undefined || isNull(found)) continue;
    report.warning(
      keyPlaceOf(document, path),
      `"data.${key}" has no effect: only web datasets read it, and this file uses none`,
      "Leave it out",
    );
  }
}
