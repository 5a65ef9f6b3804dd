// What is known of a run without its pipeline file: its manifest, its lock, and how far each step's folder is.
import { dataWaitShare } from "../metrics/data_wait.ts";
import { readTimingRows } from "../metrics/metric_log.ts";
import { FileLock, type LockState } from "../disk/file_lock.ts";
import type { LeaseTiming } from "../disk/lease.ts";
import { type AttemptRecord, readAttempts } from "./attempt_history.ts";
import {
  type CheckpointCursor,
  readCheckpointCursor,
} from "./checkpoint_record.ts";
import { readMarker, type StoredResult } from "./marker.ts";
import {
  readEvents,
  readRunManifest,
  type RunEvent,
  type RunManifest,
} from "./run_record.ts";
import { inspectWorkLock, sharingOf } from "./shared_folder.ts";
import {
  findStepFolder,
  indexStepFolders,
  runPaths,
  type StepFolderIndex,
  stepPaths,
} from "./store_layout.ts";
import { storedBytes } from "./stored_bytes.ts";

/** Where a step of a run stands on disk; `running` means that its process holds the folder's lock. */
export interface StepStatus {
  readonly name: string;
  readonly task: string;
  readonly key: string;
  readonly state:
    | "waiting"
    | "queued"
    | "running"
    | "done"
    | "damaged"
    | "stopped"
    | "failed";
  readonly folder: string;
  /** Why a step is damaged; null for the others. */
  readonly problem: string | null;
  readonly cursor: CheckpointCursor | null;
  readonly finishedAt: string | null;
  readonly elapsedMs: number | null;
  /** Share of the training so far that was spent waiting for batches; null where nothing was trained. */
  readonly dataWaitShare: number | null;
  readonly result: StoredResult | null;
  /** Bytes of what its marker vouches for; null or absent without one. */
  readonly bytes?: number | null;
  /** Most memory that it was seen to hold; null or absent where nobody looked. */
  readonly peakMemoryBytes?: number | null;
  /** Every attempt that left a record, oldest first. */
  readonly attempts: readonly AttemptRecord[];
}

/** Where a run stands. */
export interface RunStatus {
  readonly manifest: RunManifest;
  readonly lock: LockState;
  readonly steps: readonly StepStatus[];
  readonly lastEvent: RunEvent | null;
}

/**
 * Reads the status of a run; null where it never started. Needs read access only. Whoever reads many gives the step folders.
 *
 * @throws {StoredStateError} where the manifest cannot be understood
 */
export async function readRunStatus(
  runsDir: string,
  run: string,
  index: StepFolderIndex = indexStepFolders(runsDir),
): Promise<RunStatus | null> {
  const manifest = await readRunManifest(runsDir, run);
  if (manifest === null) return null;
  const sharing = await sharingOf(runsDir);
  const steps: StepStatus[] = [];
  for (const step of manifest.steps) {
    steps.push(await stepStatus(runsDir, step, { index, sharing }));
  }
  const events = await readEvents(runsDir, run);
  return {
    manifest,
    lock: await inspectWorkLock(runPaths(runsDir, run).lock, sharing),
    steps,
    lastEvent: events.at(-1) ?? null,
  };
}

async function stepStatus(
  runsDir: string,
  step: RunManifest["steps"][number],
  { index, sharing }: {
    readonly index: StepFolderIndex;
    readonly sharing: LeaseTiming | null;
  },
): Promise<StepStatus> {
  const { key, name } = step;
  const { folder, exists } = findStepFolder(runsDir, key, name, index);
  const plain = {
    name: step.name,
    task: step.task,
    key: step.key,
    folder,
    problem: null,
    cursor: null,
    finishedAt: null,
    elapsedMs: null,
    dataWaitShare: exists
      ? dataWaitShare(await readTimingRows(stepPaths(folder).timings))
      : null,
    result: null,
    attempts: exists ? await readAttempts(folder) : [],
  };
  if (!exists) {
    return { ...plain, state: step.state === "queued" ? "queued" : "waiting" };
  }
  const found = await readMarker(folder, { deep: false });
  if (found.kind === "damaged") {
    return { ...plain, state: "damaged", problem: found.reason };
  }
  if (found.kind === "complete") {
    const { finishedAt, elapsedMs, result, peakMemoryBytes = null } =
      found.marker;
    const bytes = storedBytes(found.marker.files);
    const taken = { elapsedMs, bytes, peakMemoryBytes };
    return { ...plain, ...taken, state: "done", finishedAt, result };
  }
  const checkpoint = await readCheckpointCursor(folder);
  const cursor = checkpoint.kind === "ready" ? checkpoint.cursor : null;
  const { lock, runnerLock } = stepPaths(folder);
  const held = await FileLock.inspect(lock);
  const elsewhere = await inspectWorkLock(runnerLock, sharing);
  if (held.kind === "held" || (sharing !== null && elsewhere.kind === "held")) {
    return { ...plain, cursor, state: "running" };
  }
  // Without a marker and without a process, the manifest may still say "running": the runner was killed.
  return {
    ...plain,
    cursor,
    state: step.state === "failed" || step.state === "queued"
      ? step.state
      : "stopped",
  };
}
