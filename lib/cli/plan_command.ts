// `fluxline plan`: shows what a run would do, and why. Runs no step and writes nothing into the folder of runs.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure, StoppedError, UsageError } from "../error/failure.ts";
import type { EngineChoice } from "../engine_setup/engine_choice.ts";
import {
  ANY_ENGINE,
  type EngineWish,
  plannedEngine,
} from "../engine_setup/engine_wish.ts";
import { loadRuns, type Matrix } from "../config/load_matrix.ts";
import { NO_AXES } from "../config/matrix_section.ts";
import { type DiagramLanguage, planDiagram } from "../plan/diagram.ts";
import { type PlanOptions, planPipeline } from "../plan/plan.ts";
import { estimateCosts } from "../plan/cost_estimate.ts";
import { planToJson } from "../plan/plan_json.ts";
import {
  matrixPlanToJson,
  type PlannedCell,
  renderMatrix,
} from "../plan/render_matrix.ts";
import { renderPlan } from "../plan/render_plan.ts";
import { renderResolved } from "../plan/render_resolved.ts";
import { listValues } from "../plan/resolved_node.ts";
import { resolvedValues } from "../plan/resolved_values.ts";
import type { Pipeline } from "../catalog/pipeline.ts";
import {
  type Diagnostic,
  diagnosticToJson,
  renderDiagnostics,
} from "../source/diagnostic.ts";
import type { EstimatedPlan } from "./measured_plan.ts";
import { requireRunPermissions } from "./process_permission.ts";
import { chosenPipelines } from "./project_pipelines.ts";
import { failureText } from "./show_failure.ts";

/** Where a command writes its text. */
export interface Print {
  out(text: string): void;
  err(text: string): void;
  readonly color: boolean;
}

/** Options of `plan`. */
export interface PlanCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  /** Overrides, each `a.b=value`. */
  readonly set: readonly string[];
  readonly force: readonly string[];
  readonly from: readonly string[];
  /** Left out: the one that the run's manifest records. */
  readonly engine?: EngineWish;
  readonly sameEngine?: true;
  readonly json: boolean;
  /** The one cell of a matrix that is meant. */
  readonly cell?: string;
  /** Seeds per combination, in place of the matrix's own. */
  readonly seeds?: number;
  /** Print the pipeline as it is after merging, with the origin of every value, instead of the plan. */
  readonly resolved?: boolean;
  /** Measure one batch of each step that nothing is known of. */
  readonly estimate?: true;
  /** Print the graph in this language, for another program to draw, instead of the plan. */
  readonly diagram?: DiagramLanguage;
}

/**
 * Plans each file, or every pipeline of the project. A file that cannot be planned is reported and does not hide the others;
 * the answer is then the code of the first such file.
 *
 * @throws {UsageError} where there is nothing to plan, or steps are named for several files
 */
export async function planCommand(
  files: readonly string[],
  options: PlanCommandOptions,
  print: Print,
): Promise<ExitCode> {
  const chosen = await chosenPipelines(files);
  if (chosen.length > 1 && options.force.length + options.from.length > 0) {
    throw new UsageError(
      `Cannot apply --force or --from to ${chosen.length} pipelines`,
      {
        hint: "Name the one FILE whose steps are meant",
      },
    );
  }
  const wish = options.engine ?? ANY_ENGINE;
  const { engine } = plannedEngine(wish);
  if (options.estimate === true) {
    await requireRunPermissions("plan --estimate", files.join(" "), "estimate");
  }
  const results: Record<string, unknown>[] = [];
  let code: ExitCode = EXIT_CODE.done;
  for (const [index, file] of chosen.entries()) {
    const planned = await planFile(file, { ...options, engine, wish }, print);
    if (planned.kind === "failed") {
      print.err(planned.text);
      results.push({ pipeline: file, error: planned.error });
      if (code === EXIT_CODE.done) code = planned.code;
    } else if (options.json) results.push(planned.json());
    else print.out(index === 0 ? planned.text() : `\n${planned.text()}`);
  }
  if (options.json) {
    const printed = files.length === 1 ? results[0] : results;
    print.out(JSON.stringify(printed, null, 2));
  }
  return code;
}

type PlannedFile =
  | {
    readonly kind: "planned";
    // One of the two is printed, and the other never made.
    readonly text: () => string;
    readonly json: () => Record<string, unknown>;
  }
  | {
    readonly kind: "failed";
    readonly text: string;
    readonly error: Record<string, unknown>;
    readonly code: ExitCode;
  };

async function planFile(
  file: string,
  options: Omit<PlanCommandOptions, "engine"> & {
    readonly engine: EngineChoice | undefined;
    readonly wish: EngineWish;
  },
  print: Print,
): Promise<PlannedFile> {
  try {
    const loaded = await loadRuns(file, {
      overrides: options.set,
      ...(options.cell === undefined ? {} : { cell: options.cell }),
      added: { ...NO_AXES, seeds: options.seeds ?? null },
    });
    if (!loaded.ok) return refused(loaded.diagnostics, print.color);
    if (loaded.warnings.length > 0) {
      print.err(renderDiagnostics(loaded.warnings, { color: print.color }));
    }
    const asked = {
      runsDir: options.runs,
      force: options.force,
      from: options.from,
      sameEngine: options.sameEngine ?? false,
      ...(options.engine === undefined ? {} : { engine: options.engine }),
    };
    if (loaded.value.kind === "matrix") {
      return await plannedMatrix(loaded.value, options, asked);
    }
    const { pipeline } = loaded.value;
    if (options.resolved === true) return resolvedFile(pipeline);
    const { plan, estimates, reasons } = options.estimate === true
      ? await (await import("./measured_plan.ts"))
        .measuredPlan(pipeline, asked, options.wish, print)
      : await plainPlan(pipeline, asked);
    return {
      kind: "planned",
      text: () =>
        options.diagram === undefined
          ? renderPlan(plan, print, estimates, reasons)
          : planDiagram(plan, options.diagram),
      json: () => planToJson(plan, estimates, reasons),
    };
  } catch (error) {
    // Whoever stops a measurement wants none of the next file either.
    const isFault = error instanceof Failure &&
      !(error instanceof StoppedError);
    if (!isFault) throw error;
    return {
      kind: "failed",
      text: failureText(error, print.color),
      error: { message: error.message, hint: error.hint ?? null },
      code: error.exitCode,
    };
  }
}

async function plainPlan(
  pipeline: Pipeline,
  asked: PlanOptions,
): Promise<EstimatedPlan> {
  const plan = await planPipeline(pipeline, asked);
  const estimates = await estimateCosts(plan);
  return { plan, estimates, reasons: new Map() };
}

async function plannedMatrix(
  { name, file, metric, search, cells }: Matrix,
  { resolved, diagram, estimate, force, from }: Omit<
    PlanCommandOptions,
    "engine"
  >,
  asked: PlanOptions,
): Promise<PlannedFile> {
  const forOneRun = [
    ...(resolved === true ? ["--resolved"] : []),
    ...(diagram === undefined ? [] : [`--${diagram}`]),
    ...(estimate === true ? ["--estimate"] : []),
    ...(force.length > 0 ? ["--force"] : []),
    ...(from.length > 0 ? ["--from"] : []),
  ];
  if (forOneRun.length > 0) {
    throw new UsageError(
      `Cannot apply ${
        forOneRun.join(" and ")
      } to "${file}": it stands for ${cells.length} runs`,
      {
        hint: `Name the run that is meant with --cell, such as ${
          cells[0]?.cell.label ?? ""
        }`,
      },
    );
  }
  const planned: PlannedCell[] = [];
  for (const { cell, pipeline } of cells) {
    planned.push({ cell, plan: await planPipeline(pipeline, asked) });
  }
  const matrix = {
    ...{ name, file, metric, cells: planned },
    search: search === null
      ? null
      : `at most ${search.budget} of them run, chosen by ${search.type} search`,
  };
  return {
    kind: "planned",
    text: () => renderMatrix(matrix),
    json: () => matrixPlanToJson(matrix),
  };
}

/** The pipeline itself: a comment that says what it is, then YAML that loads again. */
function resolvedFile(pipeline: Pipeline): PlannedFile {
  const values = resolvedValues(pipeline);
  const heading = `# ${pipeline.file}, resolved: each value with its origin`;
  return {
    kind: "planned",
    text: () => `${heading}\n${renderResolved(values)}`,
    json: () => ({
      pipeline: pipeline.file,
      digest: pipeline.digest,
      values: listValues(values),
    }),
  };
}

function refused(
  diagnostics: readonly Diagnostic[],
  color: boolean,
): PlannedFile {
  return {
    kind: "failed",
    text: renderDiagnostics(diagnostics, { color }),
    error: {
      message: diagnostics[0]?.message ?? "Cannot load the pipeline",
      diagnostics: diagnostics.map(diagnosticToJson),
    },
    code: EXIT_CODE.refused,
  };
}
