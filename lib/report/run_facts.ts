// Everything that a page shows about a run, from the folders of the run and of its steps. Nothing is written.
import { StoredStateError } from "../error/failure.ts";
import { knownEstimates, type RunEstimates } from "../store/estimate_record.ts";
import {
  readResolvedRecord,
  type StoredValue,
} from "../store/resolved_record.ts";
import {
  readEvents,
  type RunEvent,
  type RunManifest,
} from "../store/run_record.ts";
import { readRunStatus, type RunStatus } from "../store/run_status.ts";
import { readStepFacts, type StepFacts } from "./step_facts.ts";

/** One run. */
export interface RunFacts {
  readonly manifest: RunManifest;
  readonly lock: RunStatus["lock"];
  readonly events: readonly RunEvent[];
  readonly steps: readonly StepFacts[];
  /** Null for runs of versions that kept none. */
  readonly resolved: readonly StoredValue[] | null;
  /** What the steps were expected to take; empty where the run kept nothing. */
  readonly estimates: RunEstimates;
  /** When the facts were read. */
  readonly readAt: Date;
}

/** Reads one step; a page that is drawn again and again gives a reader that remembers. */
export type ReadStep = typeof readStepFacts;

/**
 * Reads the facts of a run; null where it never started.
 *
 * @throws {StoredStateError} where the run's manifest cannot be understood
 */
export async function readRunFacts(
  runsDir: string,
  run: string,
  readStep: ReadStep = readStepFacts,
): Promise<RunFacts | null> {
  const status = await readRunStatus(runsDir, run);
  if (status === null) return null;
  const events = await readEvents(runsDir, run);
  const steps: StepFacts[] = [];
  for (const [at, step] of status.steps.entries()) {
    steps.push(await readStep(status.manifest.steps[at]!, step, events));
  }
  return {
    manifest: status.manifest,
    lock: status.lock,
    events,
    steps,
    resolved: await readResolved(runsDir, run),
    estimates: await knownEstimates(runsDir, run),
    readAt: new Date(),
  };
}

async function readResolved(
  runsDir: string,
  run: string,
): Promise<readonly StoredValue[] | null> {
  try {
    return await readResolvedRecord(runsDir, run);
  } catch (error) {
    // One section of the page; the others do not depend on it.
    if (error instanceof StoredStateError) return null;
    throw error;
  }
}
