// `fluxline why`: what differs between a step and its last run, with the place of each new value. Runs and writes nothing.
import type { Pipeline } from "../catalog/pipeline.ts";
import { loadPipeline } from "../config/load_pipeline.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import {
  RefusedError,
  StoredStateError,
  UsageError,
} from "../error/failure.ts";
import { originsOf } from "../plan/change_origin.ts";
import { dataChanges } from "../plan/data_changes.ts";
import { type PlannedStep, planPipeline } from "../plan/plan.ts";
import { type WorkChange, workChanges } from "../plan/work_changes.ts";
import { readAttemptFacts } from "../report/attempt_facts.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { didYouMean } from "../source/suggestion.ts";
import { readStepRequest } from "../store/request_record.ts";
import { findStepFolder } from "../store/store_layout.ts";
import { oneRun } from "./one_run.ts";
import type { Print } from "./plan_command.ts";
import { chosenPipelines } from "./project_pipelines.ts";
import { renderWhy, type Why } from "./why_text.ts";

/** Options of `why`. */
export interface WhyCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  /** Overrides, each `a.b=value`. */
  readonly set: readonly string[];
  /** The one cell of a matrix that is meant. */
  readonly cell?: string;
  readonly json?: true;
}

/** Shows the reason of a step's action. */
export async function whyCommand(
  name: string,
  file: string | undefined,
  options: WhyCommandOptions,
  print: Print,
): Promise<ExitCode> {
  const pipeline = await pipelineOf(name, file, options, print);
  const plan = await planPipeline(pipeline, { runsDir: options.runs });
  const step = plan.steps.find((one) => one.name === name) as PlannedStep;
  const before = plan.manifest?.steps.find((one) => one.name === name);
  const last = before === undefined
    ? null
    : findStepFolder(options.runs, before.key, name);
  const folder = last?.exists === true ? last.folder : null;
  const changes = folder === null ? [] : await changesSince(folder, step);
  const originOf = originsOf(step, pipeline);
  const why: Why = {
    step,
    changes: changes.map((change) => ({
      ...change,
      origin: originOf(change.key),
    })),
    data: await dataChanges(changes, step, options.runs),
    undeclared: folder === null
      ? []
      : (await readAttemptFacts(folder)).undeclared,
  };
  if (options.json === true) {
    const { action, reason, key } = step;
    const { changes, data, undeclared } = why;
    const told = { step: name, pipeline: pipeline.file, action, reason, key };
    const previousKey = before?.key ?? null;
    print.out(JSON.stringify(
      { ...told, previousKey, changes, data, undeclared },
      null,
      2,
    ));
  } else print.out(renderWhy(why, print));
  return EXIT_CODE.done;
}

/** Differences to the work that lies in the folder of the last run, also where a run before that has done today's work. */
async function changesSince(
  folder: string,
  step: PlannedStep,
): Promise<readonly WorkChange[]> {
  try {
    const before = await readStepRequest(folder);
    return before === null ? [] : workChanges(before.work, step.request.work);
  } catch (error) {
    // The plan's own reason stands without it.
    if (error instanceof StoredStateError) return [];
    throw error;
  }
}

async function pipelineOf(
  name: string,
  file: string | undefined,
  options: WhyCommandOptions,
  print: Print,
): Promise<Pipeline> {
  const found: Pipeline[] = [];
  const names = new Set<string>();
  for (const one of await chosenPipelines(file === undefined ? [] : [file])) {
    const loaded = await loadPipeline(one, {
      overrides: options.set,
      ...oneRun(options),
    });
    if (!loaded.ok) {
      // Other pipelines of the project are of no interest here.
      if (file === undefined) continue;
      print.err(renderDiagnostics(loaded.diagnostics, { color: print.color }));
      throw new RefusedError(`Cannot explain "${file}": it is refused`);
    }
    const steps = loaded.value.steps.map((step) => step.name);
    if (steps.includes(name)) found.push(loaded.value);
    for (const step of steps) names.add(step);
  }
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const place = file === undefined ? "any pipeline" : `"${file}"`;
  if (first === undefined) {
    throw new UsageError(
      `Cannot find step "${name}" in ${place}${didYouMean(name, names)}`,
      {
        hint: "`fluxline plan` shows the steps of every pipeline",
      },
    );
  }
  const files = found.map((one) => one.file).join(", ");
  throw new UsageError(
    `Cannot tell which step "${name}" is meant: ${files} have one`,
    { hint: `Name the file: \`fluxline why ${name} ${first.file}\`` },
  );
}
