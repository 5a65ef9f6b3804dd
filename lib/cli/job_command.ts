// `fluxline job`: what a job of a cluster runs; its output is the job's log.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { runJob } from "../runner/run_job.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import { requireRunPermissions } from "./process_permission.ts";
import { plainProgress } from "./plain_progress.ts";
import { failureText } from "./show_failure.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the step at place `index` of a submission and answers the exit code. */
export async function jobCommand(
  folder: string,
  index: string,
  secondsBefore: string,
  terminal: Terminal,
): Promise<ExitCode> {
  await requireRunPermissions("job", folder);
  for (const text of [index, secondsBefore]) {
    if (!/^\d+$/.test(text)) {
      throw new UsageError(`Cannot run job "${text}": wanted a whole number`);
    }
  }
  const stop = new StopControl();
  using _signals = listenForSignals(stop);
  const observe = plainProgress((line) => terminal.out(line));
  const { summary, exitCode } = await runJob(
    {
      ...{ folder, index: Number(index) },
      secondsBefore: Number(secondsBefore),
    },
    stop,
    observe,
  );
  if (summary.failure !== null) {
    terminal.err(failureText(summary.failure, false));
  }
  if (exitCode === EXIT_CODE.done) terminal.out(`Step ${summary.name} is done`);
  return exitCode;
}
