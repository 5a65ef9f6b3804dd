// `fluxline runs list`: all runs of a folder, filtered and sorted by what the index knows of them.
import { isGranted } from "../disk/granted.ts";
import { isFolder } from "../disk/present_entries.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import type { Field } from "../history/field.ts";
import { type ListedRun, listedRuns } from "../history/listed_run.ts";
import { askIndex } from "../history/run_index.ts";
import { prepareQuery } from "../history/run_query.ts";
import { counted, textTable } from "../plan/text_table.ts";
import { withoutControls } from "../report/markup.ts";
import {
  addedFields,
  fieldText,
  RUN_COLUMNS,
  runCells,
} from "../report/run_row.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { storeLayout } from "../store/store_layout.ts";
import type { Print } from "./plan_command.ts";

/** Options of `runs list`. */
export interface ListRunsOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly where: readonly string[];
  readonly sort: readonly string[];
  /** Names with commas between them. */
  readonly columns?: string;
  readonly rebuild?: true;
  readonly json?: true;
}

/** Lists the runs that meet every condition. */
export async function listRunsCommand(
  options: ListRunsOptions,
  print: Print,
): Promise<ExitCode> {
  const { runs: runsDir, where } = options;
  requireRunsFolder(runsDir);
  const columns = (options.columns ?? "").split(",")
    .map((name) => name.trim()).filter((name) => name !== "");
  const sort = options.sort.length === 0 ? ["-updated"] : options.sort;
  const isKept = await isFolder(runsDir) &&
    isGranted({ name: "write", path: storeLayout(runsDir).runIndex });
  const { value, damage } = await askIndex(
    runsDir,
    { isKept, isAnew: options.rebuild === true },
    (index) => {
      const { runs } = index;
      // Without a run there is no field to find, and nothing wrong with the question.
      return runs.length === 0 ? null : {
        runs,
        query: prepareQuery({ where, sort, columns }, index),
      };
    },
  );
  if (damage !== null) {
    print.err(
      `note: the index of runs was not usable (${damage}); the folders were read again`,
    );
  }
  const listed = await listedRuns(runsDir, value?.runs ?? []);
  const found = value?.query.select(listed) ?? [];
  const fields = addedFields(value?.query.columns ?? []);
  if (options.json === true) {
    print.out(
      JSON.stringify(found.map((run) => asData(run, fields)), null, 2),
    );
  } else if (listed.length === 0) {
    print.out(`No run has started in "${runsDir}"`);
  } else if (found.length === 0) {
    print.out(`None of ${counted(listed.length, "run")} meets the conditions`);
  } else print.out(withoutControls(tableOf(found, fields).join("\n")));
  return EXIT_CODE.done;
}

function tableOf(
  runs: readonly ListedRun[],
  fields: readonly Field[],
): string[] {
  const rows = runs.map((run) =>
    [
      run.run,
      run.state,
      ...Object.values(runCells(run)),
      // A text of several lines would break the table.
      ...fields.map((field) =>
        fieldText(field, run)?.replaceAll("\n", "\\n") ?? "-"
      ),
      ...(run.problem === null ? [] : [run.problem]),
    ].map(withoutControls)
  );
  return textTable([
    [...RUN_COLUMNS, ...fields.map(({ written }) => written)],
    ...rows,
  ]);
}

function asData(
  run: ListedRun,
  fields: readonly Field[],
): Record<string, unknown> {
  const { id: _id, steps, ...rest } = run;
  return {
    ...rest,
    steps: steps.map(({ stamp: _stamp, ...step }) => step),
    values: Object.fromEntries(
      fields.map((field) => [field.written, field.of(run) ?? null]),
    ),
  };
}
