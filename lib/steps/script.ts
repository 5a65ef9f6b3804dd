// Body of a script step: imports the user's module and calls its `task` in the step's own process.
import { makeEntry, removeTree } from "../disk/folder_entries.ts";
import { StepFailure } from "../error/failure.ts";
import { accessProblem } from "../worker/access_problem.ts";
import type { Task, TaskContext, TaskResult } from "../worker/task.ts";
import { checkedMetrics, checkedPictures } from "./script_result.ts";
import type { StepContext, StepResult } from "./step_context.ts";

const IS_WINDOWS = Deno.build.os === "windows";

/** Runs the module that the step `uses`; its products go to `output/`, which starts out empty. */
export async function scriptBody(context: StepContext): Promise<StepResult> {
  const { options } = context.request;
  if (options.task !== "script") {
    throw new TypeError(`Cannot run task "${options.task}" as a script`);
  }
  const task = await importTask(options.uses_path, options.uses);
  const output = `${context.folder}/output`;
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
    pictures: await checkedPictures(pictures ?? [], output, context),
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
    return await import(fileAddress(path));
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
      ) => [name, `${folder}/output`]),
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

/** Address of the file at an absolute path, as node:url has it: loading that would cost more than most scripts. */
function fileAddress(path: string): string {
  const address = new URL("file:///");
  const slashed = IS_WINDOWS ? `/${path.replaceAll("\\", "/")}` : path;
  // What an address would take for its own, or drop.
  address.pathname = slashed.replace(/[%\\\t\n\r]/g, encodeURIComponent);
  return address.href;
}

async function emptyFolder(folder: string): Promise<void> {
  if (!/^(?:\/|[A-Za-z]:)/.test(folder)) {
    throw new TypeError(`Cannot empty "${folder}": not an absolute path`);
  }
  try {
    await removeTree(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await makeEntry(folder);
}
