// Keys of FluxFlow that mean nothing without something else that is off: accepted, since many files carry them, and told.
import { keyPlaceOf, locate } from "../source/located_tree.ts";
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

/** Keys of `data` that say how its own pictures are seen. */
const VIEW_KEYS = ["flip", "crop", "crop_scale", "holdout"];

/** Warns of each written key that has no effect in this file. */
export function warnOfIdleKeys(document: LocatedMap, report: Report): void {
  warnOfIdle(document, ["output", "output_path"], {
    reason: "what a run makes lies in its folder under --runs",
    hint:
      "Leave it out; `fluxline export` writes FluxFlow's files to any folder",
  }, report);
  warnOfIdle(document, ["model", "use_gradient_checkpointing"], {
    reason:
      "activations are always kept, which costs memory and changes no result",
    hint: "Leave it out, or write false",
  }, report);
  if (locate(document, ["data", "data_path"]) === undefined) {
    for (const key of VIEW_KEYS) {
      warnOfIdle(document, ["data", key], {
        reason:
          "it belongs to the pictures of data_path, and this file has none",
        hint: "Write it in an entry of training.pipeline.datasets",
      }, report);
    }
  }
  for (const key of WEB_DATASET_KEYS) {
    warnOfIdle(document, ["data", key], {
      reason: "only web datasets read it, and this file uses none",
      hint: "Leave it out",
    }, report);
  }
}

function warnOfIdle(
  document: LocatedMap,
  path: readonly string[],
  { reason, hint }: { readonly reason: string; readonly hint: string },
  report: Report,
): void {
  const found = locate(document, path);
  if (found?.kind === "scalar" && (found.value ?? false) === false) return;
  if (found === undefined) return;
  report.warning(
    keyPlaceOf(document, path),
    `"${path.join(".")}" has no effect: ${reason}`,
    hint,
  );
}
