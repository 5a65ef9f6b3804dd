// estimate.json of a run: what its steps were expected to take when they were started. It is kept to be held against the truth.
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { readSealedRecord } from "./stored_json.ts";
import { runPaths } from "./store_layout.ts";

const ESTIMATE_VERSION = 1;

/** What lies between two bounds. */
export interface CostRange {
  readonly low: number;
  readonly high: number;
}

/** What a step is expected to take, as a whole. */
export interface StepEstimate {
  readonly key: string;
  /** `measured`: steps of the same shape; `similar`: steps of the same name, otherwise set; `one batch`: a batch of the step itself. */
  readonly basis: "measured" | "similar" | "one batch";
  /** Finished steps that it rests on. */
  readonly samples: number;
  readonly timeMs: CostRange | null;
  readonly diskBytes: CostRange | null;
  /** Null where those steps left no peak. */
  readonly memoryBytes: CostRange | null;
  /** Only where one batch was measured. */
  readonly batch?: MeasuredBatch;
}

/** What one batch of a step told. */
export interface MeasuredBatch {
  /** Of one update of the weights; gathered gradients take several batches. */
  readonly updateMs: number;
  readonly peakMemoryBytes: number | null;
  readonly checkpointBytes: number;
  /** Steps whose weights are not there yet: fresh ones stood in. */
  readonly freshFrom: readonly string[];
}

/** Estimates by step. */
export type RunEstimates = Readonly<Record<string, StepEstimate>>;

/** Writes the estimates; the caller holds the run's lock and the run's folder exists. */
export async function writeEstimates(
  runsDir: string,
  run: string,
  steps: RunEstimates,
): Promise<void> {
  await writeJsonAtomically(
    runPaths(runsDir, run).estimate,
    seal({ version: ESTIMATE_VERSION, steps }),
  );
}

/**
 * The estimates of a run; empty where it kept none.
 *
 * @throws {StoredStateError} where they cannot be understood
 */
export async function readEstimates(
  runsDir: string,
  run: string,
): Promise<RunEstimates> {
  const { estimate } = runPaths(runsDir, run);
  const record = await readSealedRecord(estimate, ESTIMATE_VERSION, []);
  const steps = record?.["steps"];
  return isRecord(steps) ? steps as unknown as RunEstimates : {};
}

/** The same, empty too where they cannot be understood: nothing is decided by them. */
export async function knownEstimates(
  runsDir: string,
  run: string,
): Promise<RunEstimates> {
  try {
    return await readEstimates(runsDir, run);
  } catch (error) {
    if (error instanceof StoredStateError) return {};
    throw error;
  }
}
