// Decides what happens to one step, and why, from what lies in its folder.
import { isSameClass } from "../engine_setup/engine_choice.ts";
import type { CheckpointCursor } from "../store/checkpoint_record.ts";
import { readCheckpointCursor } from "../store/checkpoint_record.ts";
import { type Marker, type MarkerLookup, readMarker } from "../store/marker.ts";
import { readStepRequest } from "../store/request_record.ts";
import type { RunManifest } from "../store/run_record.ts";
import { findStepFolder, parseStepFolder } from "../store/store_layout.ts";
import {
  describeChanges,
  type WorkChange,
  workChanges,
} from "./work_changes.ts";

/** `wait` will run too, but a step that it needs has not finished. */
export type Action = "run" | "resume" | "reuse" | "wait";

/** What happens to a step. */
export interface StepDecision {
  readonly action: Action;
  /** One clause, without a full stop. */
  readonly reason: string;
  /** Differences to the work that this step was in the run's last start; empty where there are none. */
  readonly changes: readonly WorkChange[];
  /** The folder is moved aside before the step starts. */
  readonly setsAside: boolean;
  /** Marker of a finished step. */
  readonly marker: Marker | null;
  /** Where a resumed step goes on. */
  readonly cursor: CheckpointCursor | null;
}

/** What is known about a step before its folder is looked at. */
export interface StepSituation {
  readonly name: string;
  readonly key: string;
  readonly work: Readonly<Record<string, unknown>>;
  readonly folder: { readonly folder: string; readonly exists: boolean };
  readonly runsDir: string;
  readonly manifest: RunManifest | null;
  /** The option that asks to redo the step, such as `--force flow`; null where none does. */
  readonly forcedBy: string | null;
  /** Needed steps that are not finished. */
  readonly unfinished: readonly string[];
  /** An earlier step of the plan with the same key that is not finished. */
  readonly sameWorkAs: string | null;
  /** Batches of an epoch, where the data is there to count. */
  readonly batchesPerEpoch: number | null;
  /** Epochs of a train step, at most; null for the others. */
  readonly epochs: number | null;
  /** Numeric class of the engine that the step would run on; null while that is open. */
  readonly engine: string | null;
  /** Finished work of another numeric class is redone. */
  readonly sameEngine: boolean;
}

const PLAIN = {
  changes: [],
  setsAside: false,
  marker: null,
  cursor: null,
} as const;

/** The decision for one step; reads its marker, its checkpoints and its request before. */
export async function decideStep(
  situation: StepSituation,
): Promise<StepDecision> {
  const { folder, forcedBy, unfinished, sameWorkAs } = situation;
  const isForced = forcedBy !== null && folder.exists;
  // Thousands of new steps have no folder to look into.
  const found: MarkerLookup = folder.exists
    ? await readMarker(folder.folder, { deep: false })
    : { kind: "absent" };
  const isOther = found.kind === "complete" && situation.sameEngine &&
    otherEngines(found.marker.engines, situation.engine).length > 0;
  if (found.kind === "complete" && !isForced && !isOther) {
    const reason = finishedReason(situation, found.marker);
    return { ...PLAIN, action: "reuse", reason, marker: found.marker };
  }
  const start = await startDecision(situation, found);
  if (isForced || isOther) {
    return later(unfinished, {
      ...start,
      action: "run",
      setsAside: true,
      cursor: null,
    });
  }
  if (sameWorkAs !== null) {
    return {
      ...PLAIN,
      action: "wait",
      reason: `waits for ${sameWorkAs}, which does the same work`,
    };
  }
  return later(unfinished, start);
}

/** Turns a start into a wait where a needed step is missing; what is known about the start stays in the reason. */
function later(
  unfinished: readonly string[],
  start: StepDecision,
): StepDecision {
  if (unfinished.length === 0) return start;
  const reason = start.reason === FIRST_TIME
    ? `waits for ${unfinished.join(", ")}`
    : `waits for ${unfinished.join(", ")}; ${start.reason}`;
  return { ...start, action: "wait", reason };
}

const FIRST_TIME = "first time";

async function startDecision(
  situation: StepSituation,
  found: MarkerLookup,
): Promise<StepDecision> {
  const run = { ...PLAIN, action: "run" } as const;
  if (situation.forcedBy !== null && situation.folder.exists) {
    return { ...run, reason: `asked for by ${situation.forcedBy}` };
  }
  if (found.kind === "complete") {
    return {
      ...run,
      reason: `${
        finishedReason(situation, found.marker)
      }; asked for by --same-engine`,
    };
  }
  if (found.kind === "damaged") {
    return {
      ...run,
      reason: `marker damaged: ${found.reason}`,
      setsAside: true,
    };
  }
  if (!situation.folder.exists) return await firstStart(situation);
  const checkpoint = await readCheckpointCursor(situation.folder.folder);
  if (checkpoint.kind === "damaged") {
    return {
      ...run,
      reason: `checkpoint damaged: ${checkpoint.reason}`,
      setsAside: true,
    };
  }
  if (checkpoint.kind === "ready") {
    const reason = resumeReason(checkpoint.cursor, situation);
    return { ...PLAIN, action: "resume", reason, cursor: checkpoint.cursor };
  }
  return { ...run, reason: "starts again: it ended before it saved anything" };
}

/** The folder of this key does not exist: the step is new, or it was other work the last time. */
async function firstStart(situation: StepSituation): Promise<StepDecision> {
  const run = { ...PLAIN, action: "run" } as const;
  const { manifest, name, key, runsDir, work } = situation;
  const before = manifest === null
    ? undefined
    : recordedSteps(manifest).get(name);
  if (before === undefined) return { ...run, reason: FIRST_TIME };
  if (before.key === key) {
    // The manifest names every step from the first start on, also those that never began.
    return before.state === "waiting"
      ? { ...run, reason: FIRST_TIME }
      : { ...run, reason: "its folder is gone" };
  }
  const old = findStepFolder(runsDir, before.key, name);
  const request = old.exists ? await readOldRequest(old.folder) : null;
  if (request === null) {
    return before.state === "waiting"
      ? { ...run, reason: FIRST_TIME }
      : { ...run, reason: `its work changed: key ${before.key} -> ${key}` };
  }
  const changes = workChanges(request.work, work);
  return { ...run, reason: `changed: ${describeChanges(changes)}`, changes };
}

type RecordedSteps = ReadonlyMap<string, RunManifest["steps"][number]>;

// Each step of a plan asks for its own record.
const knownRecords = new WeakMap<RunManifest, RecordedSteps>();

function recordedSteps(manifest: RunManifest): RecordedSteps {
  const records = knownRecords.get(manifest) ??
    new Map(manifest.steps.toReversed().map((step) => [step.name, step]));
  knownRecords.set(manifest, records);
  return records;
}

async function readOldRequest(
  folder: string,
): Promise<Awaited<ReturnType<typeof readStepRequest>>> {
  try {
    return await readStepRequest(folder);
  } catch {
    // It only serves an explanation; the work itself does not depend on it.
    return null;
  }
}

function finishedReason(
  { folder, name, engine }: StepSituation,
  marker: Marker,
): string {
  const label = parseStepFolder(folder.folder)?.label;
  const parts = [
    `finished ${marker.finishedAt.slice(0, 16).replace("T", " ")} UTC`,
  ];
  if (label !== undefined && label !== name) parts.push(`as "${label}"`);
  const other = otherEngines(marker.engines, engine);
  if (other.length > 0) parts.push(`on engine ${other.join(", ")}`);
  return parts.join(" ");
}

function resumeReason(
  cursor: CheckpointCursor,
  situation: StepSituation,
): string {
  const perEpoch = cursor.batchesPerEpoch ?? situation.batchesPerEpoch;
  const isOver = perEpoch !== null && cursor.batch >= perEpoch;
  const epoch = cursor.epoch + (isOver ? 1 : 0) + 1;
  const batch = (isOver ? 0 : cursor.batch) + 1;
  const total = perEpoch === null ? "" : ` of ${perEpoch}`;
  const isLast = situation.epochs !== null && epoch > situation.epochs;
  const others = otherEngines(cursor.engines, situation.engine);
  const change = others.length === 0
    ? ""
    : ` on engine ${situation.engine}, begun on ${others.join(", ")}`;
  const place =
    (isLast
      ? `continues behind the last batch of epoch ${situation.epochs}`
      : `continues at epoch ${epoch}, batch ${batch}${total}`) + change;
  return cursor.fallback === null
    ? place
    : `${place}, from the checkpoint before: ${cursor.fallback}`;
}

/** The engines of a list that are not the one that would run now; none while that is open. */
export function otherEngines(
  used: readonly string[],
  engine: string | null,
): string[] {
  return engine === null ? [] : used.filter((one) => !isSameClass(one, engine));
}
