// Which run and which of its steps a command is about: the run that is named, else the one that changed last.
import { UsageError } from "../error/failure.ts";
import { didYouMean } from "../source/suggestion.ts";
import {
  listRuns,
  readRunManifest,
  type RunStep,
} from "../store/run_record.ts";
import { runPaths } from "../store/store_layout.ts";

/**
 * The name of the run.
 *
 * @throws {UsageError} where there is no such run, or none at all
 */
export function chosenRun(runsDir: string, named: string | undefined): string {
  const runs = listRuns(runsDir);
  if (named !== undefined) {
    if (runs.includes(named)) return named;
    throw new UsageError(
      `Cannot find run "${named}" in "${runsDir}"${didYouMean(named, runs)}`,
      { hint: "`fluxline status` shows the runs" },
    );
  }
  const last = newestOf(runs, runsDir);
  if (last !== null) return last;
  throw new UsageError(`Cannot find a run: none has started in "${runsDir}"`, {
    hint:
      "Start one with `fluxline train FILE`, or name the folder with --runs",
  });
}

/**
 * A step of the run, as its manifest has it.
 *
 * @throws {UsageError} where the run has no such step
 */
export async function stepOfRun(
  runsDir: string,
  run: string,
  step: string,
): Promise<RunStep> {
  const steps = (await readRunManifest(runsDir, run))?.steps ?? [];
  const found = steps.find(({ name }) => name === step);
  if (found !== undefined) return found;
  const names = steps.map(({ name }) => name);
  throw new UsageError(
    `Cannot find step "${step}" in run "${run}"${didYouMean(step, names)}`,
    { hint: `Name one of its steps: ${names.join(", ")}` },
  );
}

function newestOf(runs: readonly string[], runsDir: string): string | null {
  let newest: { readonly run: string; readonly at: number } | null = null;
  for (const run of runs) {
    const { mtime } = Deno.statSync(runPaths(runsDir, run).manifest);
    const at = mtime?.getTime() ?? 0;
    if (newest === null || at > newest.at) newest = { run, at };
  }
  return newest?.run ?? null;
}
