// What a user's script task is written with. Only an identity function at run time; its types are the contract.

/** What a task works with. */
export interface TaskContext<Options> {
  /** Needed step name to the absolute `output/` folder of that step, readable. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Absolute folder for everything that the task makes; empty at the start of every attempt. */
  readonly output: string;
  /** The step's `with`. */
  readonly options: Options;
  /** The pipeline's seed; every random choice should derive from it. */
  readonly seed: number;
  /** One line for the terminal and the log. */
  log(text: string, level?: "info" | "warning"): void;
  /** How much of the whole is done; `label` names the phase, `task` by default. */
  progress(done: number, total: number, label?: string): void;
  /** Aborted when the run is being stopped: return or throw soon, the step starts anew with the next run. */
  readonly signal: AbortSignal;
}

/** What a task may tell about its result. */
export interface TaskResult {
  /** Numbers for the summary table. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** One sentence for the summary. */
  readonly summary?: string;
  /** Pictures in `output`, as paths relative to it or absolute. */
  readonly pictures?: readonly string[];
}

/** A task: `export const task = defineTask(...)` in the module that a script step `uses`. */
export type Task<Options> = (
  context: TaskContext<Options>,
) => Promise<TaskResult | void>;

/** Gives a script task its types. `Options` is the shape of the step's `with`, which the task itself has to check. */
export function defineTask<Options = Readonly<Record<string, unknown>>>(
  task: Task<Options>,
): Task<Options> {
  return task;
}
