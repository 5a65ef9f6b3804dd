// `fluxline why`: what differs between a step and its last run, with the place of each new value. Runs and writes nothing.
import type { Pipeline } from "../catalog/pipeline.ts";
import { loadPipeline } from "../config/load_pipeline.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { RefusedError, UsageError } from "../error/failure.ts";
import { paintChange, type PaintOptions } from "../plan/paint.ts";
import { type PlannedStep, planPipeline } from "../plan/plan.ts";
import { listValues } from "../plan/resolved_node.ts";
import { resolvedValues } from "../plan/resolved_values.ts";
import { textTable } from "../plan/text_table.ts";
import type { WorkChange } from "../plan/work_changes.ts";
import { readAttemptFacts } from "../report/attempt_facts.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { didYouMean } from "../source/suggestion.ts";
import type { StepRequest } from "../store/step_request.ts";
import { findStepFolder } from "../store/store_layout.ts";
import { oneRun } from "./one_run.ts";
import type { Print } from "./plan_command.ts";
import { chosenPipelines } from "./project_pipelines.ts";

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

/** A changed value and where the new one comes from. */
interface PlacedChange extends WorkChange {
  /** A place in the file, `--set #n`, `default`, or what the value stands for. */
  readonly origin: string;
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
  const undeclared = last === null || !last.exists
    ? []
    : (await readAttemptFacts(last.folder)).undeclared;
  const changes = placed(step.changes, step, pipeline);
  if (options.json === true) {
    const { action, reason, key } = step;
    const told = { step: name, pipeline: pipeline.file, action, reason, key };
    print.out(JSON.stringify(
      { ...told, previousKey: before?.key ?? null, changes, undeclared },
      null,
      2,
    ));
  } else print.out(render(step, changes, undeclared, print));
  return EXIT_CODE.done;
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

function placed(
  changes: readonly WorkChange[],
  { step, request }: PlannedStep,
  pipeline: Pipeline,
): PlacedChange[] {
  const origins = new Map(
    listValues(resolvedValues(pipeline)).map((one) => [one.path, one.origin]),
  );
  const own = pipeline.mode === "legacy"
    ? "training."
    : `training.pipeline.steps.${step.name.replaceAll(".", "\\.")}.`;
  return changes.map((change) => {
    const path = change.key.replace(/^options\./, own);
    return {
      ...change,
      origin: origins.get(path) ?? standsFor(change.key, request.datasets),
    };
  });
}

/** What a value that nobody writes stands for. */
function standsFor(
  key: string,
  datasets: StepRequest["datasets"],
): string {
  if (key.startsWith("needs.")) return "the work of a step that it needs";
  if (key.startsWith("datasets.")) {
    const places = Object.values(datasets).map((one) =>
      one.type === "webdataset" ? one.webdataset_url : one.imageFolder
    );
    return `content of ${places.join(", ")}`;
  }
  if (key.startsWith("code.")) return "code of the task";
  if (key.startsWith("weights.")) return "content of model_checkpoint";
  return "derived";
}

function render(
  { name, action, reason }: PlannedStep,
  changes: readonly PlacedChange[],
  undeclared: readonly string[],
  options: PaintOptions,
): string {
  const values = changes.map(({ old, new: now }) =>
    [JSON.stringify(old), JSON.stringify(now)] as const
  );
  const lines = textTable(
    changes.map(({ key, origin }, index) => [
      key.replace(/^options\./, ""),
      values[index]!.join(" -> "),
      origin,
    ]),
    "  ",
  );
  return [
    `${name}: ${action}, ${changes.length === 0 ? reason : "its work changed"}`,
    // Painted behind the layout: codes take no room on the screen.
    ...lines.map((line, index) => {
      const [old, now] = values[index]!;
      return line.replace(
        `${old} -> ${now}`,
        () => paintChange(old, now, options),
      );
    }),
    ...(undeclared.length === 0 ? [] : [
      "Its last run asked to read what it does not declare:",
      ...undeclared.map((path) => `  ${path}`),
    ]),
  ].join("\n");
}
