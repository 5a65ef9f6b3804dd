// Which run a command is about: the one that is named, else the one that changed last.
import { UsageError } from "../error/failure.ts";
import { nearestName } from "../source/suggestion.ts";
import { listRuns } from "../store/run_record.ts";
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
    const near = nearestName(named, runs);
    throw new UsageError(`Cannot find run "${named}" in "${runsDir}"`, {
      hint: near === undefined
        ? "`fluxline runs list` shows the runs"
        : `Did you mean "${near}"?`,
    });
  }
  const last = newestOf(runs, runsDir);
  if (last !== null) return last;
  throw new UsageError(`Cannot find a run: none has started in "${runsDir}"`, {
    hint:
      "Start one with `fluxline train FILE`, or name the folder with --runs",
  });
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
