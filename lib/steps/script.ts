// Body of a script step: imports the user's module and calls its `task` in the step's own process.
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure, StepFailure } from "../error/failure.ts";
import { accessProblem } from "../worker/access_problem.ts";
import type { Task, TaskContext, TaskResult } from "../worker/task.ts";
import type { StepContext, StepResult } from "./step_context.ts";

/** Runs the module that the step `uses`; its products go to `output/`, which starts out empty. */
export async function scriptBody(context: StepContext): Promise<StepResult> {
  const { options } = context.request;
  if (options.task !== "script") {
    throw new TypeError(`Cannot run task "${options.task}" as a script`);
  }
  const task = await importTask(options.uses_path, options.uses);
  const output = join(context.folder, "output");
  await emptyFolder(output);
  const result = await callTask(
    task,
    taskContext(context, output, options.with),
    context,
  );
  return {
    outcome: context.signal.aborted ? "stopped" : "done",
    metrics: checkedMetrics(result?.metrics ?? {}, context),
    ...(result?.summary === undefined ? {} : { summary: result.summary }),
    pictures: (result?.pictures ?? []).map((path) => resolve(output, path)),
  };
}

async function importTask(
  path: string,
  uses: string,
): Promise<Task<unknown>> {
  const module = await importModule(path, uses);
  if (typeof module["task"] === "function") {
    return module["task"] as Task<unknown>;
  }
  throw new StepFailure(
    `Cannot run "${uses}": it exports no function "task"`,
    {
      hint: "Write: export const task = defineTask(async (context) => { ... })",
    },
  );
}

async function importModule(
  path: string,
  uses: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    if (accessProblem(error) !== null) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StepFailure(`Cannot load "${uses}": ${reason}`, { cause: error });
  }
}

function taskContext(
  context: StepContext,
  output: string,
  options: unknown,
): TaskContext<unknown> {
  return {
    inputs: Object.fromEntries(
      Object.entries(context.inputs).map((
        [name, folder],
      ) => [name, join(folder, "output")]),
    ),
    output,
    options,
    seed: context.request.seed,
    log: (text, level) => context.log(text, level),
    progress: (done, total, label = "task") =>
      context.progress({ phase: label, done, total }),
    signal: context.signal,
  };
}

/** An error of the user's own code is a failed step, not a defect of ours: its stack belongs into the log. */
async function callTask(
  task: Task<unknown>,
  taskContext: TaskContext<unknown>,
  context: StepContext,
): Promise<TaskResult | void> {
  try {
    return await task(taskContext);
  } catch (error) {
    if (context.signal.aborted) return;
    if (error instanceof Failure || accessProblem(error) !== null) throw error;
    const reason = error instanceof Error
      ? `${error.name}: ${error.message}`
      : String(error);
    throw new StepFailure(
      `Task of step "${context.request.step.name}" failed: ${reason}`,
      { cause: error, hint: "Its stack is in the log of the attempt" },
    );
  }
}

function checkedMetrics(
  metrics: Readonly<Record<string, unknown>>,
  context: StepContext,
): Record<string, number> {
  const checked: Record<string, number> = {};
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== "number") {
      throw new StepFailure(
        `Cannot keep metric "${name}" of step "${context.request.step.name}": found ${
          JSON.stringify(value)
        }, wanted a number`,
      );
    }
    checked[name] = value;
  }
  return checked;
}

async function emptyFolder(folder: string): Promise<void> {
  if (!isAbsolute(folder)) {
    throw new TypeError(`Cannot empty "${folder}": not an absolute path`);
  }
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(folder);
}
