// Sizes of pictures that were read before, kept under what the pictures and captions are: other content has another file.
import { join } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { digestRecord } from "../disk/digest.ts";
import type { PictureSize } from "../format/image_header.ts";
import { isRecord } from "../json/record.ts";
import type { HeaderFinding } from "./sample_source.ts";
import { leastDistortion } from "./size_class.ts";

const CACHE_VERSION = 1;

/** What a dimension cache is kept under. */
export interface DimensionKey {
  /** Identity of captions and pictures. */
  readonly fingerprint: string;
  /** Multiple of the sides that the groups are counted with. */
  readonly multiple: number;
}

/** Headers in the order of the samples. */
export interface KnownHeaders {
  readonly headers: readonly HeaderFinding[];
  /** What each picture is known by, where a dataset is split; else absent. */
  readonly contents?: readonly string[];
}

/** How many pictures each size has. */
export interface SizeStatistics {
  readonly num_groups: number;
  readonly min_group_size: number;
  readonly max_group_size: number;
  readonly avg_group_size: number;
}

/** Path of the file for a key in the folder of all dimension caches. */
export function dimensionCachePath(folder: string, key: DimensionKey): string {
  const { fingerprint, multiple } = key;
  return join(
    folder,
    `${digestRecord({ fingerprint, multiple }).slice(0, 16)}.json`,
  );
}

/** What the cache holds for the key; null where it holds nothing that can be understood, since reading again gives the right answer. */
export async function readDimensionCache(
  path: string,
  key: DimensionKey,
): Promise<KnownHeaders | null> {
  let record: unknown;
  try {
    record = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound;
    if (isAbsent || error instanceof SyntaxError) return null;
    throw error;
  }
  if (!isRecord(record) || record["version"] !== CACHE_VERSION) return null;
  const isRight = record["fingerprint"] === key.fingerprint &&
    record["multiple"] === key.multiple;
  const stored = record["sizes"];
  if (!isRight || !Array.isArray(stored)) return null;
  const headers = stored.map(headerOfStored);
  if (headers.length !== record["total_images"]) return null;
  if (headers.includes(null)) return null;
  const contents = contentsOfStored(record["contents"], headers.length);
  return {
    headers: headers as HeaderFinding[],
    ...(contents === null ? {} : { contents }),
  };
}

/** Writes what was read; the caller must be allowed to. */
export async function writeDimensionCache(
  path: string,
  key: DimensionKey,
  { headers, contents }: KnownHeaders,
): Promise<void> {
  const groups = sizeGroups(headers, key.multiple);
  await writeJsonAtomically(path, {
    version: CACHE_VERSION,
    ...key,
    total_images: headers.length,
    size_groups: groups,
    statistics: sizeStatistics(groups),
    sizes: headers.map((header) =>
      typeof header === "string" ? header : [header.width, header.height]
    ),
    ...(contents === undefined ? {} : { contents }),
  });
}

/** Number of pictures per size class, `WIDTHxHEIGHT`; pictures without a readable header have none. */
export function sizeGroups(
  headers: readonly HeaderFinding[],
  multiple: number,
): Record<string, number> {
  const groups: Record<string, number> = {};
  for (const header of headers) {
    if (typeof header === "string") continue;
    const { width, height } = leastDistortion(header, multiple);
    const name = `${width}x${height}`;
    groups[name] = (groups[name] ?? 0) + 1;
  }
  return groups;
}

/** FluxFlow's figures of the groups; zeros where there are none. */
export function sizeStatistics(
  groups: Readonly<Record<string, number>>,
): SizeStatistics {
  const counts = Object.values(groups);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const isEmpty = counts.length === 0;
  return {
    num_groups: counts.length,
    min_group_size: isEmpty ? 0 : Math.min(...counts),
    max_group_size: isEmpty ? 0 : Math.max(...counts),
    avg_group_size: isEmpty ? 0 : total / counts.length,
  };
}

function contentsOfStored(stored: unknown, count: number): string[] | null {
  if (!Array.isArray(stored) || stored.length !== count) return null;
  return stored.every((one) => typeof one === "string") ? stored : null;
}

function headerOfStored(stored: unknown): HeaderFinding | null {
  if (typeof stored === "string") return stored;
  if (!Array.isArray(stored) || stored.length !== 2) return null;
  const [width, height] = stored as unknown[];
  const isSide = (side: unknown) => Number.isInteger(side) && Number(side) > 0;
  return isSide(width) && isSide(height)
    ? { width, height } as PictureSize
    : null;
}
