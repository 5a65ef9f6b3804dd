// The completion marker of a step, complete.json: written last, it names every file that it vouches for.
// What has no valid marker does not exist.
import { join } from "node:path";
import { StoredStateError } from "../error/failure.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { digestFile } from "../disk/digest.ts";
import { isInnerPath } from "../disk/inner_path.ts";
import { seal } from "../disk/sealed_record.ts";
import { listTree, removeLeftovers, syncTree } from "../disk/tree.ts";
import { isRecord } from "../json/record.ts";
import { isListOf, isText } from "../json/value_shapes.ts";
import { readSealedRecord, type StoredRecord } from "./stored_json.ts";
import { parseStepFolder, stepPaths } from "./store_layout.ts";
import type { TrainedAmount } from "../catalog/trained_amount.ts";
import type { StepRequest } from "./step_request.ts";

const MARKER_VERSION = 1;
/** What markers held before they carried a seal. */
const UNSEALED_KEYS = [
  ...["version", "key", "task", "finishedAt", "result", "engines"],
  ...["attempts", "elapsedMs", "files"],
];

/** What a finished step reports; the same shape as the result that its process sends. */
export interface StoredResult {
  readonly outcome: "done" | "stopped";
  readonly metrics: Readonly<Record<string, number>>;
  /** Names of the metrics as the step ordered them: stored records sort their keys. */
  readonly metricOrder?: readonly string[];
  readonly epochs?: number;
  readonly summary?: string;
  /** Paths of pictures, inside the step folder. */
  readonly pictures?: readonly string[];
  /** Of a train step; absent in markers of older versions. */
  readonly trained?: TrainedAmount;
}

/** Metrics of a result as the step ordered them. */
export function orderedMetrics(
  { metrics, metricOrder = [] }: StoredResult,
): Record<string, number> {
  const first = metricOrder.flatMap((name) => {
    const value = metrics[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(first), ...metrics };
}

/** One file that a marker vouches for. */
export interface VouchedFile {
  /** Relative to the step folder, with "/" between parts. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Modification time when it was hashed, in milliseconds; a quick check trusts the content while size and time stand. */
  readonly modifiedMs: number;
}

/** The record in complete.json. */
export interface Marker {
  readonly version: typeof MARKER_VERSION;
  readonly key: string;
  readonly task: string;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
  readonly result: StoredResult;
  /** Numeric class of every engine that worked on the step; empty for steps without tensors. */
  readonly engines: readonly string[];
  readonly attempts: number;
  /** Wall-clock time of all attempts, in milliseconds. */
  readonly elapsedMs: number;
  /** Share of the training that was spent waiting for batches, 0 to 1; absent for steps that do not train. */
  readonly dataWaitShare?: number;
  /** Most memory that its last process was seen to hold; absent in markers of older versions. */
  readonly peakMemoryBytes?: number;
  readonly files: readonly VouchedFile[];
}

/** What a look at a step folder's marker finds. */
export type MarkerLookup =
  | { readonly kind: "absent" }
  | { readonly kind: "complete"; readonly marker: Marker }
  | {
    readonly kind: "damaged";
    /** One clause about the first of the problems. */
    readonly reason: string;
    readonly problems: readonly DamagedFile[];
  };

/** A file that is not what the marker says, relative to the step folder. */
export interface DamagedFile {
  readonly path: string;
  readonly reason: string;
}

/** What the caller knows about a step that has just finished. */
export interface FinishedStep {
  readonly request: StepRequest;
  readonly result: StoredResult;
  readonly engines: readonly string[];
  readonly attempts: number;
  readonly elapsedMs: number;
  /** Null or absent for steps that do not train. */
  readonly dataWaitShare?: number | null;
  /** Null or absent where nobody looked. */
  readonly peakMemoryBytes?: number | null;
  readonly finishedAt: Date;
}

/**
 * Reads the marker of `folder` and compares the files with it. With `deep` every file is hashed; otherwise only those
 * whose modification time changed, while a changed size is damage in any case. Files that the marker does not name are ignored.
 */
export async function readMarker(
  folder: string,
  { deep }: { readonly deep: boolean },
): Promise<MarkerLookup> {
  const found = await readMarkerAlone(folder);
  if (found.kind !== "complete") return found;
  const damage: DamagedFile[] = [];
  for (const file of found.marker.files) {
    const reason = await damageOf(folder, file, deep);
    if (reason !== null) damage.push({ path: file.path, reason });
  }
  const first = damage[0];
  if (first === undefined) return found;
  const more = damage.length === 1 ? "" : `, and ${damage.length - 1} more`;
  return {
    kind: "damaged",
    reason: `"${first.path}" ${first.reason}${more}`,
    problems: damage,
  };
}

/** Reads the marker of `folder` and looks at no other file: for what a step reported, not for whether its files still stand. */
export async function readMarkerAlone(folder: string): Promise<MarkerLookup> {
  let record: StoredRecord | null;
  try {
    record = await readSealedRecord(
      stepPaths(folder).marker,
      MARKER_VERSION,
      UNSEALED_KEYS,
    );
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    return damagedMarker(error.message);
  }
  if (record === null) return { kind: "absent" };
  const marker = parseMarker(record);
  const key = parseStepFolder(folder)?.key;
  if (marker !== null && marker.key === key) {
    return { kind: "complete", marker };
  }
  return damagedMarker(
    marker === null
      ? "complete.json lacks fields of a marker"
      : `complete.json belongs to key ${marker.key}`,
  );
}

function damagedMarker(reason: string): MarkerLookup {
  const problems = [{ path: "complete.json", reason }];
  return { kind: "damaged", reason, problems };
}

/**
 * Vouches for a finished step: removes leftovers of unfinished writes, syncs everything, hashes everything, and writes
 * complete.json last. Only the holder of the step's lock, or the parent after its process ended, may call it.
 *
 * @throws {StoredStateError} where the folder holds a link or a special file, which no digest can vouch for
 */
export async function commitMarker(
  folder: string,
  finished: FinishedStep,
): Promise<Marker> {
  await removeLeftovers(folder);
  const entries = listTree(folder, isOutsideMarker);
  const odd = entries.find((entry) => entry.kind !== "file");
  if (odd !== undefined) {
    throw new StoredStateError(
      `Cannot complete step "${finished.request.step.name}": "${
        join(folder, odd.path)
      }" is not a regular file`,
      { hint: "Let the step write files of its own in place of links" },
    );
  }
  await syncTree(folder);
  const files: VouchedFile[] = [];
  for (const { path } of entries) {
    const place = join(folder, path);
    const modifiedMs = modificationTime(Deno.statSync(place));
    files.push({ path, ...await digestFile(place), modifiedMs });
  }
  const marker: Marker = {
    version: MARKER_VERSION,
    key: finished.request.key,
    task: finished.request.task,
    finishedAt: finished.finishedAt.toISOString(),
    result: finished.result,
    engines: finished.engines,
    attempts: finished.attempts,
    elapsedMs: finished.elapsedMs,
    ...(typeof finished.dataWaitShare === "number"
      ? { dataWaitShare: finished.dataWaitShare }
      : {}),
    ...(typeof finished.peakMemoryBytes === "number"
      ? { peakMemoryBytes: finished.peakMemoryBytes }
      : {}),
    files,
  };
  await writeJsonAtomically(stepPaths(folder).marker, seal(marker));
  return marker;
}

/** Attempts' logs and wall-clock figures differ from run to run, so nothing vouches for them or for what is made of them. */
function isOutsideMarker(path: string): boolean {
  return path === "complete.json" || path === "attempts" ||
    path === "timings.jsonl" || path === "tensorboard";
}

async function damageOf(
  folder: string,
  file: VouchedFile,
  deep: boolean,
): Promise<string | null> {
  const path = join(folder, file.path);
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "is missing";
    throw error;
  }
  if (!found.isFile) return "is not a regular file";
  if (found.size !== file.bytes) {
    return `has ${found.size} bytes, wanted ${file.bytes}`;
  }
  if (!deep && modificationTime(found) === file.modifiedMs) return null;
  const { sha256 } = await digestFile(path);
  return sha256 === file.sha256
    ? null
    : "has other content than when the step finished";
}

function modificationTime(found: Deno.FileInfo): number {
  return found.mtime?.getTime() ?? 0;
}

function parseMarker(record: StoredRecord): Marker | null {
  const { key, task, finishedAt, result, engines, attempts, elapsedMs, files } =
    record;
  const isWhole = typeof key === "string" && typeof task === "string" &&
    typeof finishedAt === "string" && isStoredResult(result) &&
    isListOf(engines, isText) &&
    typeof attempts === "number" &&
    typeof elapsedMs === "number" &&
    Array.isArray(files) && files.every(isVouchedFile);
  return isWhole ? record as unknown as Marker : null;
}

function isStoredResult(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { metrics, metricOrder = [], pictures = [], summary = "" } = value;
  return isRecord(metrics) &&
    Object.values(metrics).every((one) => typeof one === "number") &&
    isListOf(metricOrder, isText) && typeof summary === "string" &&
    // One that was tampered with must not lead a reader out of its folder.
    isListOf(pictures, isText) && pictures.every(isInnerPath);
}

function isVouchedFile(value: unknown): boolean {
  return isRecord(value) && typeof value["path"] === "string" &&
    isInnerPath(value["path"]) &&
    typeof value["bytes"] === "number" && typeof value["sha256"] === "string" &&
    typeof value["modifiedMs"] === "number";
}
