// Body of a script step: imports the user's module and calls its `task` in the step's own process.
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { makeEntry, removeTree } from "../disk/folder_entries.ts";
import { StepFailure } from "../error/failure.ts";
import { accessProblem } from "../worker/access_problem.ts";
import { isInside } from "../worker/permissions.ts";
import type { Task, TaskContext, TaskResult } from "../worker/task.ts";
import { describeThrown } from "./failure_report.ts";
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
  // A stopped task's word counts for nothing: it starts anew.
  if (context.signal.aborted) return { outcome: "stopped", metrics: {} };
  const { metrics, summary, pictures } = result ?? {};
  return {
    outcome: "done",
    metrics: checkedMetrics(metrics ?? {}, context),
    ...(summary === undefined ? {} : { summary: String(summary) }),
    pictures: checkedPictures(pictures ?? [], output, context),
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

/** Where the run is being stopped, a task may end in any way that it likes. */
async function callTask(
  task: Task<unknown>,
  taskContext: TaskContext<unknown>,
  context: StepContext,
): Promise<TaskResult | void> {
  try {
    return await task(taskContext);
  } catch (error) {
    if (context.signal.aborted) return;
    throw error;
  }
}

function checkedMetrics(
  metrics: unknown,
  context: StepContext,
): Record<string, number> {
  const checked: Record<string, number> = {};
  if (typeof metrics !== "object" || metrics === null) {
    throw unusable("metrics", metrics, "a map of names to numbers", context);
  }
  for (const [name, value] of Object.entries(metrics)) {
    // JSON, in which the result travels and is stored, has no NaN and no Infinity.
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw unusable(`metric "${name}"`, value, "a finite number", context);
    }
    checked[name] = value;
  }
  return checked;
}

function checkedPictures(
  pictures: unknown,
  output: string,
  context: StepContext,
): string[] {
  if (!Array.isArray(pictures)) {
    throw unusable("pictures", pictures, "a list of paths", context);
  }
  return pictures.map((path: unknown) => {
    const place = typeof path === "string" ? resolve(output, path) : null;
    if (place === null || !isInside(output, place)) {
      throw unusable("picture", path, "a path in the output folder", context);
    }
    if (!isFile(place)) {
      throw unusable("picture", path, "a file that is there", context);
    }
    return place;
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function unusable(
  what: string,
  found: unknown,
  wanted: string,
  { request }: StepContext,
): StepFailure {
  const shown = typeof found === "number"
    ? String(found)
    : JSON.stringify(found) ?? describeThrown(found);
  return new StepFailure(
    `Cannot keep ${what} of step "${request.step.name}": found ${shown}, wanted ${wanted}`,
    { hint: "Correct what the task returns" },
  );
}

async function emptyFolder(folder: string): Promise<void> {
  if (!isAbsolute(folder)) {
    throw new TypeError(`Cannot empty "${folder}": not an absolute path`);
  }
  try {
    await removeTree(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await makeEntry(folder);
}
