// Every path under the runs folder, in one place.
import { basename, join } from "node:path";
import { sha256Hex } from "../disk/digest.ts";
import { canonicalJson } from "../disk/canonical_json.ts";

/** Hex digits of a key; 64 bits tell a store's steps apart. */
const KEY_LENGTH = 16;

/** Name of the folder of all step folders. */
const STORE = "store";

/** Paths of a runs folder. */
export interface StoreLayout {
  readonly runsDir: string;
  /** Folder of all step folders. */
  readonly store: string;
  /** Digests of pictures seen before; a cache that may be deleted. */
  readonly fingerprints: string;
  /** Folder of picture sizes seen before; a cache that may be deleted. */
  readonly dimensions: string;
  /** Folder of fetched tar shards and of what is known of others; a cache that costs a download where it is deleted. */
  readonly shards: string;
  /** Folder of lists of the files that a fingerprint of data stands for; only explanations need it. */
  readonly dataListings: string;
  /** What is known of all runs, for lists; derived from the folders and made again where it is missing or damaged. */
  readonly runIndex: string;
}

/** Paths of one run. */
export interface RunPaths {
  readonly folder: string;
  readonly manifest: string;
  readonly events: string;
  /** Every value of the pipeline with its origin, as it was when the run last started. */
  readonly resolved: string;
  /** What its steps were expected to take when they were started. */
  readonly estimate: string;
  /** The page about the run; derived from the rest and written anew at its end. */
  readonly report: string;
  /** A file of the user's: its appearance asks for a checkpoint. */
  readonly checkpointNow: string;
  /** Says that the folder is being given another name, while its manifest still has the old one. */
  readonly renaming: string;
  readonly lock: string;
}

/** Paths of one step folder. */
export interface StepPaths {
  readonly folder: string;
  /** Held by the process that writes in the folder. */
  readonly lock: string;
  /** Held by the runner from before the first attempt until the marker is written. */
  readonly runnerLock: string;
  readonly request: string;
  readonly marker: string;
  readonly checkpointManifest: string;
  readonly checkpoints: string;
  readonly metrics: string;
  readonly timings: string;
  readonly samples: string;
  readonly output: string;
  /** Event files for TensorBoard; derived, so nothing vouches for them. */
  readonly tensorboard: string;
  readonly attempts: string;
}

/** Paths below `runsDir`, which is kept as it is given, relative or absolute. */
export function storeLayout(runsDir: string): StoreLayout {
  return {
    runsDir,
    store: join(runsDir, STORE),
    fingerprints: join(runsDir, "fingerprints.json"),
    dimensions: join(runsDir, STORE, "dimensions"),
    shards: join(runsDir, STORE, "shards"),
    dataListings: join(runsDir, STORE, "data"),
    // The name of a run cannot begin with a dot.
    runIndex: join(runsDir, ".history", "runs.sqlite"),
  };
}

/** Paths of the run named `run`. */
export function runPaths(runsDir: string, run: string): RunPaths {
  const folder = join(runsDir, run);
  return {
    folder,
    manifest: join(folder, "manifest.json"),
    events: join(folder, "events.jsonl"),
    resolved: join(folder, "resolved.json"),
    estimate: join(folder, "estimate.json"),
    report: join(folder, "report.html"),
    checkpointNow: join(folder, "checkpoint-now"),
    renaming: join(folder, "renaming.json"),
    lock: `${folder}.lock`,
  };
}

/** The lock of the step folder at `folder`; a plan asks for nothing else of thousands of steps. */
export function stepLock(folder: string): string {
  return `${folder}.lock`;
}

/** Paths inside the step folder at `folder`. */
export function stepPaths(folder: string): StepPaths {
  return {
    folder,
    lock: stepLock(folder),
    runnerLock: `${folder}.runner`,
    request: join(folder, "request.json"),
    marker: join(folder, "complete.json"),
    checkpointManifest: join(folder, "checkpoint.json"),
    checkpoints: join(folder, "checkpoints"),
    metrics: join(folder, "metrics.jsonl"),
    timings: join(folder, "timings.jsonl"),
    samples: join(folder, "samples"),
    output: join(folder, "output"),
    tensorboard: join(folder, "tensorboard"),
    attempts: join(folder, "attempts"),
  };
}

/** The record of an attempt, inside its folder. */
export function attemptRecordPath(attemptFolder: string): string {
  return join(attemptFolder, "attempt.json");
}

/** The key of a piece of work: the first digits of the SHA-256 of its canonical JSON. */
export function workKey(work: Readonly<Record<string, unknown>>): string {
  return sha256Hex(canonicalJson(work)).slice(0, KEY_LENGTH);
}

/** Where a step's folder is, or would be made. */
export interface StepFolder {
  readonly folder: string;
  readonly exists: boolean;
}

/** Names of the step folders there are, by key. */
export type StepFolderIndex = ReadonlyMap<string, readonly string[]>;

/** Reads the names of all step folders once, for whoever looks for many. */
export function indexStepFolders(runsDir: string): StepFolderIndex {
  const index = new Map<string, string[]>();
  for (const name of stepFolderNames(storeLayout(runsDir).store)) {
    const { key } = parseStepFolder(name)!;
    const names = index.get(key);
    if (names === undefined) index.set(key, [name]);
    else names.push(name);
  }
  return index;
}

/**
 * Finds the folder of `key`, whatever the label in front of it: a renamed step keeps its work. Where there is none, answers
 * the folder that a step called `name` gets.
 */
export function findStepFolder(
  runsDir: string,
  key: string,
  name: string,
  index: StepFolderIndex = indexStepFolders(runsDir),
): StepFolder {
  const wanted = `${name}-${key}`;
  const found = index.get(key) ?? [];
  const chosen = found.includes(wanted) ? wanted : found[0];
  return {
    folder: join(runsDir, STORE, chosen ?? wanted),
    exists: chosen !== undefined,
  };
}

/** Label and key of a step folder's name; null for folders set aside and for anything else. */
export function parseStepFolder(
  folder: string,
): { label: string; key: string } | null {
  const match = /^(.+)-([0-9a-f]{16})$/.exec(basename(folder));
  return match === null
    ? null
    : { label: match[1] as string, key: match[2] as string };
}

function stepFolderNames(store: string): string[] {
  try {
    return [...Deno.readDirSync(store)]
      .filter((entry) =>
        entry.isDirectory && parseStepFolder(entry.name) !== null
      )
      .map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
