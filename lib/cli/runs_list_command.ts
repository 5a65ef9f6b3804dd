// `fluxline runs list`: all runs of a folder, filtered and sorted by what the index knows of them.
import { formatDuration } from "../clock/duration.ts";
import { isGranted } from "../disk/granted.ts";
import { isFolder } from "../disk/present_entries.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { textOf } from "../history/condition.ts";
import type { Field } from "../history/field.ts";
import { type ListedRun, listedRuns } from "../history/listed_run.ts";
import { askIndex } from "../history/run_index.ts";
import { prepareQuery } from "../history/run_query.ts";
import { counted, textTable } from "../plan/text_table.ts";
import { figure } from "../report/figures.ts";
import { withoutControls } from "../report/markup.ts";
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
  const fields = (value?.query.columns ?? []).filter(({ written }) =>
    !SHOWN.includes(written)
  );
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

/** Fields that every list shows. */
const SHOWN: readonly string[] = ["name", "state", "time", "updated"];

function tableOf(
  runs: readonly ListedRun[],
  fields: readonly Field[],
): string[] {
  const rows = runs.map((run) =>
    [
      run.run,
      run.state,
      `${run.steps.filter(({ isDone }) => isDone).length}/${run.steps.length}`,
      formatDuration(run.elapsedMs),
      run.updatedAt.slice(0, 16).replace("T", " "),
      ...fields.map((field) => shown(field, field.of(run))),
      ...(run.problem === null ? [] : [run.problem]),
    ].map(withoutControls)
  );
  const head = ["run", "state", "steps", "time", "updated (UTC)"];
  return textTable([
    [...head, ...fields.map(({ written }) => written)],
    ...rows,
  ]);
}

function shown({ kind }: Field, value: unknown): string {
  if (value === undefined) return "-";
  // A text of several lines would break the table.
  if (typeof value !== "number") return textOf(value).replaceAll("\n", "\\n");
  return kind === "duration" ? formatDuration(value) : figure(value);
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
