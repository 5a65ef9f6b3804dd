// A text that changes whenever something changes that the page of a run shows: metrics, samples, markers, checkpoints, logs, locks.
import { join } from "node:path";
import { digestRecord } from "../disk/digest.ts";
import { stampOf, statOrNull } from "../disk/present_entries.ts";
import { StoredStateError } from "../error/failure.ts";
import { attemptNumbers } from "../store/attempt_history.ts";
import { readRunManifest, type RunStep } from "../store/run_record.ts";
import { inspectWorkLock, sharingOf } from "../store/shared_folder.ts";
import {
  findStepFolder,
  indexStepFolders,
  runPaths,
  stepPaths,
} from "../store/store_layout.ts";
import { LOG_FILE } from "../worker/attempt_files.ts";

/** The version of a run's page; null where there is no such run. */
export async function runVersion(
  runsDir: string,
  run: string,
): Promise<string | null> {
  const paths = runPaths(runsDir, run);
  const records = [paths.manifest, paths.events, paths.resolved].map(stamp);
  if (records[0] === "") return null;
  const sharing = await sharingOf(runsDir);
  const lock = await inspectWorkLock(paths.lock, sharing);
  const index = indexStepFolders(runsDir);
  const steps: string[] = [];
  for (const { name, key } of await stepsOf(runsDir, run)) {
    const { folder, exists } = findStepFolder(runsDir, key, name, index);
    if (!exists) continue;
    steps.push(stepVersion(folder));
    const { lock } = stepPaths(folder);
    steps.push((await inspectWorkLock(lock, sharing)).kind);
  }
  return digestRecord([...records, lock.kind, ...steps]).slice(0, 16);
}

/** The version of one step's part of a page. */
export function stepVersion(folder: string): string {
  const paths = stepPaths(folder);
  const last = attemptNumbers(paths.attempts).at(-1) ?? 0;
  const attempt = join(paths.attempts, String(last));
  return [
    paths.marker,
    paths.metrics,
    paths.timings,
    paths.checkpointManifest,
    paths.request,
    paths.samples,
    paths.output,
    attempt,
    join(attempt, LOG_FILE),
  ].map(stamp).join(" ");
}

async function stepsOf(
  runsDir: string,
  run: string,
): Promise<readonly RunStep[]> {
  try {
    return (await readRunManifest(runsDir, run))?.steps ?? [];
  } catch (error) {
    // The page says so.
    if (error instanceof StoredStateError) return [];
    throw error;
  }
}

function stamp(path: string): string {
  const found = statOrNull(path);
  return found === null ? "" : stampOf(found);
}
