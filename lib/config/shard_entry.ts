// A dataset of tar shards as a pipeline writes it: its addresses and the name of its token, checked without a look at disk or network.
import type { DataSection } from "../catalog/data_section.ts";
import type { ShardEntry } from "../catalog/pipeline.ts";
import { expandAddress, isPrivateWay } from "../shards/shard_address.ts";
import { tokenVariable } from "../shards/shard_token.ts";
import {
  isNull,
  keyPlaceOf,
  locate,
  type LocatedMap,
  placeOf,
} from "../source/located_tree.ts";
import { viewOf, type ViewOptions } from "./dataset_views.ts";
import type { Report } from "./report.ts";

/** Options of a dataset entry, or of the `data` section, that shards have. */
export type ShardOptions =
  & Pick<
    ShardEntry,
    | "webdataset_image_key"
    | "webdataset_label_key"
    | "webdataset_caption_key"
    | "batch_size"
    | "workers"
  >
  & ViewOptions
  & {
    readonly webdataset_url: string | null;
    readonly webdataset_token: string | null;
  };

/** Where the options are written. */
interface WrittenAt {
  readonly tree: LocatedMap;
  /** How errors call it. */
  readonly where: string;
}

const HOLDS_PASSWORD = /\/\/[^/]*@/;

const FOLDER_KEYS = ["from", "image_folder"];

/** The entry; undefined where something about it was reported. */
export function readShardEntry(
  options: ShardOptions,
  { tree, where }: WrittenAt,
  report: Report,
): ShardEntry | undefined {
  refuseFolderKeys({ tree, where }, report);
  const written = options.webdataset_url;
  if (written === null) {
    report.error(
      tree.place,
      `Cannot read ${where}: the key "webdataset_url" is missing`,
      "Write where the shards lie, such as https://host/data-{000..046}.tar",
    );
    return undefined;
  }
  const found = expandAddress(written);
  const place = placeOf(tree, ["webdataset_url"]);
  if (!found.ok) {
    if (HOLDS_PASSWORD.test(written)) report.hide(written);
    report.error(
      place,
      `Cannot read ${where}: "webdataset_url" cannot be used: ${found.reason}`,
      found.hint,
    );
    return undefined;
  }
  const token_variable = options.webdataset_token === null
    ? null
    : tokenVariable(options.webdataset_token);
  if (token_variable !== null && found.kind === "remote") {
    const open = found.urls.find((url) => !isPrivateWay(url));
    if (open !== undefined) {
      report.error(
        place,
        `Cannot read ${where}: the token would go to "${open}" for everybody on the way to read`,
        "Write https://, or leave webdataset_token out",
      );
      return undefined;
    }
  }
  const { webdataset_token, webdataset_image_key, webdataset_label_key } =
    options;
  const { webdataset_caption_key, batch_size, workers } = options;
  return {
    ...{ type: "webdataset", from: null, webdataset_url: written },
    ...{ webdataset_token, webdataset_image_key, webdataset_label_key },
    ...{ webdataset_caption_key, batch_size, workers, token_variable },
    ...viewOf(options, tree, where, report),
    shards: found.kind === "remote"
      ? { kind: "remote", urls: found.urls }
      : { kind: "local", patterns: found.patterns, paths: [] },
  };
}

/** The dataset that `use_webdataset: true` makes of the `data` section. */
export function topShardEntry(
  data: DataSection,
  tree: LocatedMap,
  report: Report,
): ShardEntry | undefined {
  for (const key of ["data_path", "captions_file"] as const) {
    if (data[key] === null) continue;
    report.error(
      placeOf(tree, [key]),
      `Cannot read "data": "${key}" stands beside "use_webdataset", and it is one or the other`,
      "Take one out, or give the second as a dataset of training.pipeline.datasets",
    );
  }
  const webdataset_token = data.webdataset_token ?? data.tt2m_token;
  return readShardEntry(
    { ...data, webdataset_token, batch_size: null, workers: null },
    { tree, where: '"data"' },
    report,
  );
}

/** Reports tokens that are written down instead of named, also where nothing reads them, and keeps them out of every message. */
export function refuseWrittenTokens(
  document: LocatedMap,
  report: Report,
): void {
  const named = locate(document, ["training", "pipeline", "datasets"]);
  const names = named?.kind === "map" ? [...named.entries.keys()] : [];
  const paths = [
    ["data", "webdataset_token"],
    ["data", "tt2m_token"],
    ...names.map((
      name,
    ) => ["training", "pipeline", "datasets", name, "webdataset_token"]),
  ];
  for (const path of paths) {
    const found = locate(document, path);
    if (found?.kind !== "scalar" || isNull(found)) continue;
    const written = String(found.value);
    if (tokenVariable(written) !== null) continue;
    if (written !== "") report.hide(written);
    report.error(
      keyPlaceOf(document, path),
      `Cannot read "${
        path.join(".")
      }": it must name an environment variable, and what is written may be a token`,
      "Put the token into an environment variable and write ${HF_TOKEN}, its name in braces; between braces of a map it wants quotes",
    );
  }
}

function refuseFolderKeys({ tree, where }: WrittenAt, report: Report): void {
  for (const key of FOLDER_KEYS) {
    const entry = tree.entries.get(key);
    if (entry === undefined || isNull(entry.value)) continue;
    report.error(
      entry.key,
      `Cannot read ${where}: "${key}" belongs to datasets of type local`,
    );
  }
}
