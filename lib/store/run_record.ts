// The run manifest (replaced as a whole at every change) and the run's events (only ever appended).
import { StoredStateError } from "../error/failure.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder, renameEntry, syncFolder } from "../disk/folder_entries.ts";
import { digestRecord } from "../disk/digest.ts";
import { folderNames } from "../disk/present_entries.ts";
import { AppendLog, readLines } from "../disk/append_log.ts";
import { seal } from "../disk/sealed_record.ts";
import {
  EMBEDDED_ENGINE,
  type EngineChoice,
  parseEngineChoice,
} from "../engine_setup/engine_choice.ts";
import { isRecord } from "../json/record.ts";
import { isRenamed } from "./renaming_note.ts";
import { readSealedRecord, type StoredRecord } from "./stored_json.ts";
import { type RunPaths, runPaths } from "./store_layout.ts";

const MANIFEST_VERSION = 1;
/** What manifests held before they carried a seal. */
const UNSEALED_KEYS = [
  ...["version", "run", "pipeline", "digest", "mode", "seed", "engine"],
  ...["versions", "createdAt", "updatedAt", "steps"],
];

/** Where a step of a run stands. */
export type StepState =
  | "waiting"
  /** Handed to a cluster, whose queue tells the rest. */
  | "queued"
  | "running"
  | "done"
  | "reused"
  | "failed"
  | "stopped";

/** One step in the run manifest. */
export interface RunStep {
  readonly name: string;
  readonly task: string;
  readonly key: string;
  readonly state: StepState;
  /** Steps that it waits for; absent in manifests of older versions. */
  readonly needs?: readonly string[];
  /** What the plan of the last start said: run, resume, reuse or wait. */
  readonly action?: string;
}

/** The record in manifest.json. */
export interface RunManifest {
  readonly version: typeof MANIFEST_VERSION;
  readonly run: string;
  /** Path of the pipeline file as given. */
  readonly pipeline: string;
  /** SHA-256 of the pipeline's text and overrides. */
  readonly digest: string;
  readonly mode: "pipeline" | "legacy";
  readonly seed: number;
  /** Name of the engine. */
  readonly engine: string;
  /** The engine with all that starts it again in the same way; null in manifests of older versions. */
  readonly engineChoice: EngineChoice | null;
  /** Versions of the programs that made the run, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly steps: readonly RunStep[];
}

/** Something that happened in a run. */
export interface RunEvent {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly kind:
    | "run_started"
    | "run_finished"
    | "run_failed"
    | "run_stopped"
    | "step_queued"
    | "step_started"
    | "step_resumed"
    | "step_reused"
    | "step_finished"
    | "step_failed"
    | "step_stopped"
    | "step_retried"
    | "step_set_aside";
  readonly step?: string;
  readonly key?: string;
  readonly text?: string;
}

/**
 * The manifest of a run; null before its first start.
 *
 * @throws {StoredStateError} where it cannot be understood
 */
export async function readRunManifest(
  runsDir: string,
  run: string,
): Promise<RunManifest | null> {
  const { manifest } = runPaths(runsDir, run);
  const record = await readManifestFile(manifest);
  if (record === null) return null;
  const { steps } = record;
  const isOwn = record["run"] === run ||
    await isRenamed(runsDir, record["run"], run);
  const isWhole = isOwn &&
    typeof record["digest"] === "string" &&
    Array.isArray(steps) && steps.every(isRunStep);
  if (!isWhole) {
    throw new StoredStateError(
      `Cannot read "${manifest}": it lacks fields of a run manifest`,
      { hint: moveAway(manifest) },
    );
  }
  const engineChoice = parseEngineChoice(record["engineChoice"]) ??
    (record["engine"] === "wasm" ? EMBEDDED_ENGINE : null);
  return { ...record as unknown as RunManifest, run, engineChoice };
}

async function readManifestFile(path: string): Promise<StoredRecord | null> {
  try {
    return await readSealedRecord(path, MANIFEST_VERSION, UNSEALED_KEYS);
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    throw new StoredStateError(error.message, {
      hint: error.hint ?? moveAway(path),
      cause: error,
    });
  }
}

function moveAway(manifest: string): string {
  return `Move "${manifest}" away; finished steps are found again by their keys`;
}

/** Replaces the manifest; the caller holds the run's lock. */
export async function writeRunManifest(
  runsDir: string,
  manifest: Omit<RunManifest, "version">,
): Promise<void> {
  const paths = runPaths(runsDir, manifest.run);
  await makeFolder(paths.folder);
  await writeJsonAtomically(
    paths.manifest,
    seal({ version: MANIFEST_VERSION, ...manifest }),
  );
}

/** Appends one durable line to the run's events; the caller holds the run's lock. */
export async function appendEvent(
  runsDir: string,
  run: string,
  event: RunEvent,
): Promise<void> {
  using log = await AppendLog.open(runPaths(runsDir, run).events);
  await log.appendJson(sealedLine(event));
  await log.sync();
}

/** All events of a run, oldest first; lines that are not what was written are left out. */
export async function readEvents(
  runsDir: string,
  run: string,
): Promise<RunEvent[]> {
  const lines = await readLines(runPaths(runsDir, run).events);
  return lines.flatMap((line) => openSealedLine(line) ?? []);
}

/** Digits of the digest that each line of the events carries of itself. */
const LINE_SEAL_LENGTH = 16;

function sealedLine(event: RunEvent): RunEvent & { readonly seal: string } {
  return {
    ...event,
    seal: digestRecord(event).slice(0, LINE_SEAL_LENGTH),
  };
}

/** The event in a line; null where the line is not what was written. Lines of an older fluxline carry no seal. */
export function openSealedLine(line: string): RunEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    if (!isRecord(value)) return null;
    const { seal: found, ...event } = value;
    const isOld = found === undefined &&
      Object.keys(event).every((key) => EVENT_KEYS.includes(key));
    const isWhole = isOld ||
      found === digestRecord(event).slice(0, LINE_SEAL_LENGTH);
    return isWhole ? event as unknown as RunEvent : null;
  } catch {
    return null;
  }
}

const EVENT_KEYS = ["at", "kind", "step", "key", "text"];

/** A manifest that was moved out of the way. */
export interface DamagedManifest {
  /** Where it is now. */
  readonly path: string;
  readonly reason: string;
}

/**
 * Moves a manifest aside that cannot be understood, so that the run can start: finished steps are found by their keys. Null where
 * there is nothing to move. The caller holds the run's lock.
 */
export async function setDamagedManifestAside(
  runsDir: string,
  run: string,
): Promise<DamagedManifest | null> {
  const { folder, manifest } = runPaths(runsDir, run);
  try {
    await readRunManifest(runsDir, run);
    return null;
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    const path = `${manifest}.damaged-${crypto.randomUUID().slice(0, 8)}`;
    await renameEntry(manifest, path);
    await syncFolder(folder);
    return { path, reason: error.message };
  }
}

/** Names of the runs under `runsDir`, sorted. */
export function listRuns(runsDir: string): string[] {
  return folderNames(runsDir)
    .filter((name) => isRunName(name) && hasManifest(runPaths(runsDir, name)))
    .sort();
}

/** Folders with other names hold something else: the store, schedules, a run that is being removed. */
export function isRunName(name: string): boolean {
  return !name.startsWith(".") && name !== "store";
}

function hasManifest(paths: RunPaths): boolean {
  try {
    return Deno.statSync(paths.manifest).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isRunStep(value: unknown): boolean {
  return isRecord(value) &&
    ["name", "task", "key", "state"].every((field) =>
      typeof value[field] === "string"
    );
}
