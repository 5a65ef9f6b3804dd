// `fluxline runs show`: one run from its records: how it stands, its steps, its metrics and the options that somebody wrote.
import { formatDuration } from "../clock/duration.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
import { textOf } from "../history/condition.ts";
import { listedRuns } from "../history/listed_run.ts";
import { RunReader } from "../history/run_entry.ts";
import { sizeOrNull } from "../disk/present_entries.ts";
import { textTable } from "../plan/text_table.ts";
import { figure } from "../report/figures.ts";
import { withoutControls } from "../report/markup.ts";
import {
  readResolvedRecord,
  type StoredValue,
} from "../store/resolved_record.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { runPaths } from "../store/store_layout.ts";
import { shownPath } from "../worker/permissions.ts";
import { chosenRun } from "./chosen_run.ts";
import type { Print } from "./plan_command.ts";

/** Options of `runs show`. */
export interface ShowRunOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly json?: true;
}

/** Shows the run, or the one that changed last. */
export async function showRunCommand(
  named: string | undefined,
  { runs: runsDir, json }: ShowRunOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(runsDir);
  const run = chosenRun(runsDir, named);
  const reader = new RunReader(runsDir);
  const { entry, metrics } = await reader.read(run);
  const [listed] = await listedRuns(runsDir, [{ ...entry, id: 0 }]);
  const { state, elapsedMs } = listed!;
  const values = await valuesOf(runsDir, run);
  const { report } = runPaths(runsDir, run);
  const page = sizeOrNull(report) === null ? null : shownPath(report);
  const steps = entry.steps.map(({ stamp: _stamp, ...step }) => ({
    ...step,
    metrics: Object.fromEntries(
      metrics.filter((one) => one.step === step.name)
        .map(({ metric, value }) => [metric, value]),
    ),
  }));
  if (json === true) {
    print.out(JSON.stringify(
      { ...entry, state, elapsedMs, steps, options: values, report: page },
      null,
      2,
    ));
    return EXIT_CODE.done;
  }
  const facts = [
    ["state", state],
    ["pipeline", entry.pipeline],
    ["seed", String(entry.seed ?? "-")],
    ["engine", entry.engine],
    ["started", entry.createdAt],
    ["last change", entry.updatedAt],
    ["time of all steps", formatDuration(elapsedMs)],
    ...(page === null ? [] : [["report", page]]),
    ...(entry.problem === null ? [] : [["problem", entry.problem]]),
  ];
  const rows = steps.map((step) => [
    step.name,
    step.task,
    step.isDone ? "done" : step.state,
    step.elapsedMs === null ? "-" : formatDuration(step.elapsedMs),
    Object.entries(step.metrics)
      .map(([name, value]) => `${name} ${figure(value)}`).join(", "),
  ]);
  const written = values.filter(({ origin }) =>
    origin !== "default" && origin !== "derived"
  );
  print.out(
    [
      `Run ${run}`,
      ...textTable(facts, "  "),
      ...(rows.length === 0 ? [] : [
        "",
        ...textTable([["step", "task", "state", "time", ""], ...rows], "  "),
      ]),
      ...(written.length === 0 ? [] : [
        "",
        "Options that were written",
        ...textTable(
          written.map((
            { path, value, origin },
          ) => [path, textOf(value), origin]),
          "  ",
        ),
      ]),
    ].map(withoutControls).join("\n"),
  );
  return EXIT_CODE.done;
}

async function valuesOf(
  runsDir: string,
  run: string,
): Promise<readonly StoredValue[]> {
  try {
    return (await readResolvedRecord(runsDir, run)) ?? [];
  } catch (error) {
    // The rest of the run can still be shown.
    if (error instanceof Failure) return [];
    throw error;
  }
}
