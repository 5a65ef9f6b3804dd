// What the runs of a matrix's cells have come to, from what lies on disk.
import { readMarker } from "../store/marker.ts";
import { readRunManifest, type RunManifest } from "../store/run_record.ts";
import {
  findStepFolder,
  indexStepFolders,
  type StepFolderIndex,
} from "../store/store_layout.ts";
import type { MatrixRecord, RecordedCell } from "./matrix_record.ts";

/** Where a cell stands. */
export type CellState =
  /** Never started, or started with another version of the pipeline. */
  | "waiting"
  /** Some steps are not finished: it runs, or was stopped. */
  | "unfinished"
  | "failed"
  | "done";

/** A cell and its numbers. */
export interface CellResult {
  readonly cell: RecordedCell;
  readonly state: CellState;
  /** By `STEP.METRIC`, of every step that is finished. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Absolute or relative as `runsDir` is: the folder of every finished step, by name. */
  readonly folders: Readonly<Record<string, string>>;
}

/** The results of all cells, in the order of the record. */
export async function readCellResults(
  runsDir: string,
  { cells }: Pick<MatrixRecord, "cells">,
): Promise<CellResult[]> {
  const index = indexStepFolders(runsDir);
  const results: CellResult[] = [];
  for (const cell of cells) {
    results.push(await readCell(runsDir, cell, index));
  }
  return results;
}

async function readCell(
  runsDir: string,
  cell: RecordedCell,
  index: StepFolderIndex,
): Promise<CellResult> {
  const manifest = await readRunManifest(runsDir, cell.run);
  if (manifest === null || manifest.digest !== cell.digest) {
    return { cell, state: "waiting", metrics: {}, folders: {} };
  }
  const metrics: Record<string, number> = {};
  const folders: Record<string, string> = {};
  for (const { name, key } of manifest.steps) {
    const { folder, exists } = findStepFolder(runsDir, key, name, index);
    if (!exists) continue;
    const found = await readMarker(folder, { deep: false });
    if (found.kind !== "complete") continue;
    folders[name] = folder;
    for (const [metric, value] of Object.entries(found.marker.result.metrics)) {
      metrics[`${name}.${metric}`] = value;
    }
  }
  return { cell, state: stateOf(manifest, folders), metrics, folders };
}

/** The markers are the truth; the manifest alone knows of failures. */
function stateOf(
  { steps }: RunManifest,
  folders: Readonly<Record<string, string>>,
): CellState {
  if (steps.every(({ name }) => name in folders)) return "done";
  return steps.some(({ state }) => state === "failed")
    ? "failed"
    : "unfinished";
}
