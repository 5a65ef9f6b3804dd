// Which runs and steps a check is about, and what it finds in all of them.
import { join } from "node:path";
import { UsageError } from "../error/failure.ts";
import { didYouMean } from "../source/suggestion.ts";
import { listRuns } from "../store/run_record.ts";
import { sharingOf } from "../store/shared_folder.ts";
import {
  findStepFolder,
  indexStepFolders,
  parseStepFolder,
  storeLayout,
} from "../store/store_layout.ts";
import { ShardUse } from "./shard_use.ts";
import { type RunVerdict, verifyRun } from "./verify_run.ts";
import { type ShardsVerdict, verifyShards } from "./verify_shards.ts";
import { type StepVerdict, verifyStep } from "./verify_step.ts";

/** What a check found. */
export interface StoreVerdict {
  readonly runs: readonly RunVerdict[];
  readonly steps: readonly StepVerdict[];
  /** Fetched shards: all of them, or those that the chosen steps read. */
  readonly shards: ShardsVerdict;
}

/**
 * Checks everything under `runsDir`, or what `name` names: a run with the steps that it refers to, or a step of that name with
 * every work that it ever was. `onStep` is told of each step folder when it was read.
 *
 * @throws {UsageError} where there is no such run or step
 */
export async function verifyStore(
  runsDir: string,
  name: string | undefined,
  onStep: (verdict: StepVerdict) => void = () => {},
): Promise<StoreVerdict> {
  const allRuns = listRuns(runsDir);
  const index = indexStepFolders(runsDir);
  const folders = [...index.values()].flat().sort()
    .map((entry) => join(storeLayout(runsDir).store, entry));
  const runs: RunVerdict[] = [];
  let chosen = folders;
  if (name === undefined || allRuns.includes(name)) {
    for (const run of name === undefined ? allRuns : [name]) {
      runs.push(await verifyRun(runsDir, run));
    }
    if (name !== undefined) {
      chosen = (runs[0]!.manifest?.steps ?? [])
        .map((step) => findStepFolder(runsDir, step.key, step.name, index))
        .filter(({ exists }) => exists).map(({ folder }) => folder);
    }
  } else {
    const labels = folders.map((folder) => parseStepFolder(folder)!.label);
    chosen = folders.filter((_, at) => labels[at] === name);
    if (chosen.length === 0) {
      const known = [...new Set([...allRuns, ...labels])];
      throw new UsageError(
        `Cannot find run or step "${name}" in "${runsDir}"${
          didYouMean(name, known)
        }`,
        { hint: "Leave the name out to check everything" },
      );
    }
  }
  const steps: StepVerdict[] = [];
  const sharing = await sharingOf(runsDir);
  for (const folder of new Set(chosen)) {
    const verdict = await verifyStep(folder, sharing);
    onStep(verdict);
    steps.push(verdict);
  }
  const use = new ShardUse(runsDir);
  if (name !== undefined) {
    for (const folder of chosen) await use.addStep(folder);
  }
  const shards = await verifyShards(
    runsDir,
    sharing,
    (record) => name === undefined || use.has(record),
  );
  return { runs, steps, shards };
}
