// Which files a fingerprint of data stands for, by name and content: kept from the first run with it on, so that a later one can say
// what changed. It decides nothing and may be deleted.
import { dirname, join } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { sizeOrNull } from "../disk/present_entries.ts";
import { seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { storeLayout } from "./store_layout.ts";
import { readSealedRecord } from "./stored_json.ts";

const VERSION = 1;
/** Hex digits of a content that are kept: enough to tell two contents apart. */
const DIGITS = 16;

/** Name of each file to the start of its SHA-256. */
export type DataListing = Readonly<Record<string, string>>;

/** How two listings differ; names in order. */
export interface ListingDifference {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The listing of files by name and SHA-256. */
export function listingOf(
  files: Iterable<readonly [name: string, sha256: string]>,
): DataListing {
  return Object.fromEntries(
    [...files].map(([name, sha256]) => [name, sha256.slice(0, DIGITS)]),
  );
}

/** Keeps the listing of a fingerprint where it is not kept yet. */
export async function saveListing(
  runsDir: string,
  fingerprint: string,
  listing: DataListing,
): Promise<void> {
  const path = pathOf(runsDir, fingerprint);
  if (sizeOrNull(path) !== null) return;
  await makeFolder(dirname(path));
  await writeJsonAtomically(path, seal({ version: VERSION, files: listing }));
}

/** The listing of a fingerprint; null where none was kept, or it cannot be understood. */
export async function readListing(
  runsDir: string,
  fingerprint: string,
): Promise<DataListing | null> {
  try {
    const path = pathOf(runsDir, fingerprint);
    const files = (await readSealedRecord(path, VERSION, []))?.["files"];
    return isRecord(files) ? files as DataListing : null;
  } catch (error) {
    if (error instanceof StoredStateError) return null;
    throw error;
  }
}

/** What became of each file from one listing to another. */
export function compareListings(
  old: DataListing,
  now: DataListing,
): ListingDifference {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  const both = names.filter((name) => name in old && name in now);
  return {
    changed: both.filter((name) => old[name] !== now[name]),
    added: names.filter((name) => !(name in old)),
    removed: names.filter((name) => !(name in now)),
  };
}

function pathOf(runsDir: string, fingerprint: string): string {
  return join(storeLayout(runsDir).dataListings, `${fingerprint}.json`);
}
