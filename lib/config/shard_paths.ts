// The files behind local shards and names on the hub, looked for before anything starts. Nothing is fetched.
import type { DatasetEntry, ShardEntry, Step } from "../catalog/pipeline.ts";
import { resolveHubUrl } from "../hub/hub_folder.ts";
import { isHubUrl } from "../hub/hub_name.ts";
import { findLocalShards } from "../shards/local_shards.ts";
import { MOST_SHARDS } from "../shards/shard_address.ts";
import { type LocatedMap, placeOf } from "../source/located_tree.ts";
import { datasetHome } from "./dataset_section.ts";
import { datasetsOfSteps } from "./path_checks.ts";
import type { Report } from "./report.ts";

/** What the shards are looked for with. */
export interface ShardLookup {
  readonly document: LocatedMap;
  /** Datasets that none of them reads are not looked for. */
  readonly steps: readonly Step[];
  /** `data.hub_dir`. */
  readonly hubDir: string | null;
}

/** The datasets with the paths of their local shards; those that are not there are reported. */
export async function locateShards(
  datasets: Readonly<Record<string, DatasetEntry>>,
  lookup: ShardLookup,
  report: Report,
): Promise<Readonly<Record<string, DatasetEntry>>> {
  const used = datasetsOfSteps(lookup.steps);
  const located: Record<string, DatasetEntry> = {};
  for (const [name, entry] of Object.entries(datasets)) {
    located[name] = entry.type === "webdataset" && used.has(name)
      ? await withPaths(name, entry, lookup, report)
      : entry;
  }
  return located;
}

async function withPaths(
  name: string,
  entry: ShardEntry,
  { document, hubDir }: ShardLookup,
  report: Report,
): Promise<ShardEntry> {
  const { shards } = entry;
  if (shards.kind === "remote") return entry;
  const { section, where } = datasetHome(name);
  const paths: string[] = [];
  for (const pattern of shards.patterns) {
    const found = await pathsOf(pattern, hubDir);
    if (found.ok) paths.push(...found.paths);
    else {
      report.error(
        placeOf(document, [...section, "webdataset_url"]),
        `Cannot find the shards ${where} "${pattern}": ${found.reason}`,
        found.hint,
      );
    }
  }
  const distinct = [...new Set(paths)];
  if (distinct.length > MOST_SHARDS) {
    report.error(
      placeOf(document, [...section, "webdataset_url"]),
      `Cannot use the shards ${where}: ${distinct.length} files are more than ${MOST_SHARDS}`,
    );
  }
  return { ...entry, shards: { ...shards, paths: distinct } };
}

async function pathsOf(pattern: string, hubDir: string | null) {
  if (!isHubUrl(pattern)) return await findLocalShards(pattern);
  const place = await resolveHubUrl(pattern, hubDir);
  return place.ok ? await findLocalShards(place.path) : place;
}
