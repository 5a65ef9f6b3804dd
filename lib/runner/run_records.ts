// Records of a run whose steps run in processes of their own: each takes the run's lock for as long as it takes to add a line.
import type { LeaseTiming } from "../disk/lease.ts";
import { acquireWorkLock } from "../store/shared_folder.ts";
import {
  appendEvent,
  readRunManifest,
  type RunEvent,
  type RunManifest,
  type StepState,
  writeRunManifest,
} from "../store/run_record.ts";
import { runPaths } from "../store/store_layout.ts";
import { isFinished } from "./ready_set.ts";

const LOCK_WAIT_MS = 60_000;

/** A run and how its locks are kept. */
export interface RunPlace {
  /** Absolute. */
  readonly runsDir: string;
  readonly run: string;
  readonly sharing: LeaseTiming | null;
}

/**
 * Writes a step's new state and the event into the run's records; the answer is the manifest then. Null where the run's lock was
 * not to be had or the run has no records: they are for people, and the step's own folder decides.
 */
export async function recordStep(
  { runsDir, run, sharing }: RunPlace,
  event: Omit<RunEvent, "at">,
  state: StepState,
): Promise<RunManifest | null> {
  const { lock } = runPaths(runsDir, run);
  const attempt = await acquireWorkLock(lock, sharing, {
    waitMs: LOCK_WAIT_MS,
  });
  if (!attempt.ok) return null;
  await using _lock = attempt.lock;
  const manifest = await readRunManifest(runsDir, run);
  if (manifest === null) return null;
  const at = new Date().toISOString();
  const steps = manifest.steps.map((step) =>
    step.key === event.key ? { ...step, state } : step
  );
  const { version: _version, ...rest } = manifest;
  await writeRunManifest(runsDir, { ...rest, updatedAt: at, steps });
  await appendEvent(runsDir, run, { at, ...event });
  const next = { ...manifest, steps };
  const end = endOfRun(next);
  if (end !== null) await appendEvent(runsDir, run, { at, kind: end });
  return next;
}

/** The event that ends the run; null while steps are to come. */
function endOfRun({ steps }: RunManifest): RunEvent["kind"] | null {
  if (steps.every(({ state }) => isFinished(state))) return "run_finished";
  const isGoing = steps.some(({ state }) =>
    state === "running" || state === "queued"
  );
  if (isGoing) return null;
  return steps.some(({ state }) => state === "failed") ? "run_failed" : null;
}

/** Whether every step of the run is there. */
export function isRunFinished(manifest: RunManifest | null): boolean {
  return manifest !== null &&
    manifest.steps.every(({ state }) => isFinished(state));
}
