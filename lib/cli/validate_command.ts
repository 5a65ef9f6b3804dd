// `fluxline validate`: every problem of every file, with its place. Runs nothing and writes nothing.
import {
  loadRuns,
  type Matrix,
  type SingleRun,
} from "../config/load_matrix.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
import { counted } from "../plan/text_table.ts";
import {
  type Checked,
  type Diagnostic,
  diagnosticToJson,
  renderDiagnostics,
} from "../source/diagnostic.ts";
import type { Print } from "./plan_command.ts";
import { chosenPipelines } from "./project_pipelines.ts";
import { failureText } from "./show_failure.ts";

/** Options of `validate`. */
export interface ValidateCommandOptions {
  /** Overrides, each `a.b=value`. */
  readonly set: readonly string[];
  /** The one cell of a matrix that is meant. */
  readonly cell?: string;
  readonly json: boolean;
}

/**
 * Checks each file, or every pipeline of the project. All files are checked; the answer is 3 where one is refused.
 *
 * @throws {UsageError} where there is nothing to check
 */
export async function validateCommand(
  files: readonly string[],
  options: ValidateCommandOptions,
  print: Print,
): Promise<ExitCode> {
  const chosen = await chosenPipelines(files);
  const results: ValidatedFile[] = [];
  for (const file of chosen) results.push(await validateFile(file, options));
  if (options.json) {
    const shown = results.map(resultToJson);
    print.out(JSON.stringify(files.length === 1 ? shown[0] : shown, null, 2));
  } else {
    for (const result of results) printResult(result, print);
  }
  return results.every(({ ok }) => ok) ? EXIT_CODE.done : EXIT_CODE.refused;
}

type LoadedRuns = Matrix | SingleRun;

interface ValidatedFile {
  readonly file: string;
  readonly ok: boolean;
  readonly checked?: Checked<LoadedRuns>;
  readonly failure?: Failure;
}

async function validateFile(
  file: string,
  options: ValidateCommandOptions,
): Promise<ValidatedFile> {
  try {
    const checked = await loadRuns(file, {
      overrides: options.set,
      ...(options.cell === undefined ? {} : { cell: options.cell }),
    });
    return { file, ok: checked.ok, checked };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { file, ok: false, failure };
  }
}

function printResult(
  { file, checked, failure }: ValidatedFile,
  print: Print,
): void {
  if (failure !== undefined) print.err(failureText(failure, print.color));
  if (checked === undefined) return;
  const found = findingsOf(checked);
  if (found.length > 0) {
    print.err(renderDiagnostics(found, { color: print.color }));
  }
  if (!checked.ok) {
    print.err(
      `${file}: refused, ${
        counted(
          found.filter(({ severity }) => severity === "error").length,
          "error",
        )
      }`,
    );
    return;
  }
  const { mode, steps, cells } = sizeOf(checked.value);
  const doubts = found.length === 0
    ? ""
    : `, ${counted(found.length, "warning")}`;
  print.out(
    `${file}: valid, mode: ${mode}, ${counted(steps, "step")}${
      cells === null ? "" : `, a matrix of ${counted(cells, "cell")}`
    }${doubts}`,
  );
}

/** Cells differ in values, never in which steps they have. */
function sizeOf(
  loaded: LoadedRuns,
): {
  readonly mode: string;
  readonly steps: number;
  readonly cells: number | null;
} {
  const pipeline = loaded.kind === "run"
    ? loaded.pipeline
    : loaded.cells[0]?.pipeline;
  return {
    mode: pipeline?.mode ?? "pipeline",
    steps: pipeline?.steps.length ?? 0,
    cells: loaded.kind === "run" ? null : loaded.cells.length,
  };
}

function resultToJson(
  { file, ok, checked, failure }: ValidatedFile,
): Record<string, unknown> {
  if (failure !== undefined) {
    return {
      file,
      ok,
      problems: [{
        severity: "error",
        message: failure.message,
        hint: failure.hint ?? null,
      }],
    };
  }
  const problems = (checked === undefined ? [] : findingsOf(checked)).map(
    diagnosticToJson,
  );
  if (checked?.ok !== true) return { file, ok, problems };
  const { mode, steps, cells } = sizeOf(checked.value);
  const matrix = cells === null ? {} : { cells };
  return { file, ok, mode, steps, ...matrix, problems };
}

function findingsOf(checked: Checked<LoadedRuns>): readonly Diagnostic[] {
  return checked.ok ? checked.warnings : checked.diagnostics;
}
