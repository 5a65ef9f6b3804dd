// Keys of FluxFlow that mean nothing without something else that is off: accepted, since many files carry them, and told.
import { keyPlaceOf, locate } from "../source/located_tree.ts";
import type { LocatedMap } from "../source/located_tree.ts";
import type { Report } from "./report.ts";

/** Keys of `data` that only `use_webdataset: true` reads. */
const WEB_DATASET_KEYS = [
  "webdataset_url",
  "webdataset_token",
  "webdataset_image_key",
  "webdataset_label_key",
  "webdataset_caption_key",
  "tt2m_token",
];

/** Keys of `data` that say how its own pictures are seen. */
const VIEW_KEYS = ["flip", "crop", "crop_scale", "holdout"];

/** Keys of `data` that every web dataset of a file reads. */
const FETCH_KEYS = ["dataloader_max_retries", "dataloader_retry_delay"];

/** What FluxFlow has to be told, since it never counts. */
const COUNTED_KEYS = ["webdataset_size", "webdataset_samples_per_shard"];

const NAMED_DATASETS = ["training", "pipeline", "datasets"];

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
  const isOn = (key: string) => valueAt(document, ["data", key]) === true;
  const isTopWeb = isOn("use_webdataset") || isOn("use_tt2m");
  if (!isTopWeb && locate(document, ["data", "data_path"]) === undefined) {
    for (const key of VIEW_KEYS) {
      warnOfIdle(document, ["data", key], {
        reason:
          "it belongs to the pictures of data_path, and this file has none",
        hint: "Write it in an entry of training.pipeline.datasets",
      }, report);
    }
  }
  const named = locate(document, NAMED_DATASETS);
  const names = named?.kind === "map" ? [...named.entries.keys()] : [];
  const webNames = names.filter((name) =>
    valueAt(document, [...NAMED_DATASETS, name, "type"]) === "webdataset"
  );
  const isAnyWeb = isTopWeb || webNames.length > 0;
  const unread = {
    reason: isAnyWeb
      ? 'it is read with "use_webdataset: true" alone'
      : "only web datasets read it, and this file uses none",
    hint: "Leave it out",
  };
  for (const key of isTopWeb ? [] : WEB_DATASET_KEYS) {
    warnOfIdle(document, ["data", key], unread, report);
  }
  for (const key of isAnyWeb ? [] : FETCH_KEYS) {
    warnOfIdle(document, ["data", key], unread, report);
  }
  const counted = {
    reason: "the samples of the shards are counted",
    hint: "Leave it out",
  };
  for (const key of COUNTED_KEYS) {
    warnOfIdle(document, ["data", key], isTopWeb ? counted : unread, report);
    for (const name of webNames) {
      warnOfIdle(document, [...NAMED_DATASETS, name, key], counted, report);
    }
  }
}

function valueAt(document: LocatedMap, path: readonly string[]): unknown {
  const found = locate(document, path);
  return found?.kind === "scalar" ? found.value : undefined;
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
