// What the index keeps of one run: an extract of its manifest, of its resolved values and of the markers of its steps.
import { join } from "node:path";
import { stampOf, statOrNull } from "../disk/present_entries.ts";
import { StoredStateError } from "../error/failure.ts";
import { type MarkerLookup, readMarkerAlone } from "../store/marker.ts";
import { readResolvedRecord } from "../store/resolved_record.ts";
import { readRunManifest, type StepState } from "../store/run_record.ts";
import {
  indexStepFolders,
  runPaths,
  type StepFolderIndex,
  stepPaths,
  storeLayout,
} from "../store/store_layout.ts";

/** One step of a run in the index. */
export interface EntryStep {
  readonly name: string;
  readonly task: string;
  readonly key: string;
  /** What the manifest says. */
  readonly state: StepState;
  /** Its marker is there. */
  readonly isDone: boolean;
  /** Wall-clock time of all attempts of the finished step; null before its end. */
  readonly elapsedMs: number | null;
  /** Name of its folder in the store; null where there is none. */
  readonly folder: string | null;
  /** Of its marker. */
  readonly stamp: string;
}

/** One run in the index; what the manifest would tell is empty where that cannot be understood. */
export interface RunEntry {
  readonly run: string;
  readonly pipeline: string;
  readonly mode: string;
  readonly seed: number | null;
  readonly engine: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly steps: readonly EntryStep[];
  /** Why the manifest cannot be understood; null where it can. */
  readonly problem: string | null;
}

/** A run with its values, as it is read from its folders. */
export interface ReadRun {
  readonly entry: RunEntry;
  readonly metrics: readonly {
    readonly step: string;
    readonly metric: string;
    readonly value: number;
  }[];
  readonly options: readonly {
    readonly path: string;
    readonly value: unknown;
  }[];
}

/** Reads runs; the marker of a step that many runs share is looked at once. */
export class RunReader {
  readonly #runsDir: string;
  #index: StepFolderIndex | undefined;
  readonly #stamps = new Map<string, string>();
  readonly #markers = new Map<string, Promise<MarkerLookup>>();

  constructor(runsDir: string) {
    this.#runsDir = runsDir;
  }

  /** Tells whether the records of the run have changed since; empty where the run has no manifest. */
  runStamp(run: string): string {
    return fileStamp(runPaths(this.#runsDir, run).manifest);
  }

  /** Name of the folder of a step; null where there is none. */
  folderOf({ name, key }: Pick<EntryStep, "name" | "key">): string | null {
    this.#index ??= indexStepFolders(this.#runsDir);
    const names = this.#index.get(key);
    const wanted = `${name}-${key}`;
    return names?.includes(wanted) ? wanted : names?.[0] ?? null;
  }

  /** Tells whether the marker in a folder of the store has changed since; empty where there is none. */
  markerStamp(folder: string | null): string {
    if (folder === null) return "";
    const known = this.#stamps.get(folder) ??
      fileStamp(stepPaths(this.#placeOf(folder)).marker);
    this.#stamps.set(folder, known);
    return known;
  }

  async read(run: string): Promise<ReadRun> {
    let manifest: Awaited<ReturnType<typeof readRunManifest>>;
    try {
      manifest = await readRunManifest(this.#runsDir, run);
    } catch (error) {
      if (!(error instanceof StoredStateError)) throw error;
      return unreadable(run, error.message);
    }
    if (manifest === null) {
      return unreadable(run, "it has no manifest any more");
    }
    const steps: EntryStep[] = [];
    const metrics: ReadRun["metrics"][number][] = [];
    for (const { name, task, key, state } of manifest.steps) {
      const folder = this.folderOf({ name, key });
      const stamp = this.markerStamp(folder);
      const found = folder === null || stamp === ""
        ? null
        : await this.#marker(folder);
      const marker = found?.kind === "complete" ? found.marker : null;
      const isDone = marker !== null;
      const elapsedMs = marker?.elapsedMs ?? null;
      const done = { isDone, elapsedMs };
      steps.push({ name, task, key, state, ...done, folder, stamp });
      for (
        const [metric, value] of Object.entries(marker?.result.metrics ?? {})
      ) {
        metrics.push({ step: name, metric, value });
      }
    }
    const { pipeline, mode, seed, engine, createdAt, updatedAt } = manifest;
    const told = { pipeline, mode, seed, engine, createdAt, updatedAt };
    return {
      entry: { run, ...told, steps, problem: null },
      metrics,
      options: await this.#options(run),
    };
  }

  async #options(run: string): Promise<ReadRun["options"]> {
    try {
      return (await readResolvedRecord(this.#runsDir, run)) ?? [];
    } catch (error) {
      // The run is listed without its options.
      if (error instanceof StoredStateError) return [];
      throw error;
    }
  }

  #marker(folder: string): Promise<MarkerLookup> {
    const known = this.#markers.get(folder) ??
      readMarkerAlone(this.#placeOf(folder));
    this.#markers.set(folder, known);
    return known;
  }

  #placeOf(folder: string): string {
    return join(storeLayout(this.#runsDir).store, folder);
  }
}

function unreadable(run: string, problem: string): ReadRun {
  const blank = { pipeline: "", mode: "", engine: "", createdAt: "" };
  return {
    entry: { run, ...blank, seed: null, updatedAt: "", steps: [], problem },
    metrics: [],
    options: [],
  };
}

/** The stamp of a file; empty where there is none. */
function fileStamp(path: string): string {
  const found = statOrNull(path);
  return found?.isFile ? stampOf(found) : "";
}
