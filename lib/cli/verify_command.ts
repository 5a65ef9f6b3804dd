// `fluxline verify`: compares every digest under the folder of runs with what lies there. Writes nothing.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { counted } from "../plan/text_table.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { verifyStore } from "../upkeep/verify_store.ts";
import type { StepVerdict } from "../upkeep/verify_step.ts";
import { shownPath } from "../worker/permissions.ts";
import type { Print } from "./plan_command.ts";

/** Options of `verify`. */
export interface VerifyCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly json?: true;
}

/** Checks everything, or the run or step called `name`; the answer is 6 where something is damaged. */
export async function verifyCommand(
  name: string | undefined,
  options: VerifyCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const isJson = options.json === true;
  const verdict = await verifyStore(
    options.runs,
    name,
    (step) => isJson || print.out(stepLine(step)),
  );
  const { runs, steps, shards } = verdict;
  const findings = [...runs, ...steps, shards].flatMap((one) => one.findings);
  const code = findings.length === 0 ? EXIT_CODE.done : EXIT_CODE.storedState;
  if (isJson) {
    const shownRuns = runs.map(({ run, findings }) => ({ run, findings }));
    print.out(JSON.stringify({ runs: shownRuns, steps, shards }, null, 2));
    return code;
  }
  for (const { run, findings } of runs) {
    print.out(`run ${run}: ${findings.length === 0 ? "whole" : "damaged"}`);
  }
  if (shards.files > 0) {
    print.out(
      `${counted(shards.files, "shard")} with ${
        formatBytes(shards.bytes)
      } as fetched`,
    );
  }
  for (const { place, reason } of findings) {
    print.err(`error: "${shownPath(place)}": ${reason}`);
  }
  const files = steps.reduce((sum, step) => sum + step.files, 0);
  const bytes = steps.reduce((sum, step) => sum + step.bytes, 0);
  print.out(
    `${counted(runs.length, "run")}, ${counted(steps.length, "step")}: ${
      counted(files, "file")
    } with ${formatBytes(bytes)} as they were written, ${
      counted(findings.length, "problem")
    }`,
  );
  if (findings.length > 0) {
    print.err(
      "hint: Run the pipeline again: damaged work is kept aside and made anew from what is whole",
    );
  }
  return code;
}

function stepLine({ folder, state, files, bytes }: StepVerdict): string {
  const what = state === "busy"
    ? "not looked at: a process works on it"
    : `${state}, ${counted(files, "file")} with ${formatBytes(bytes)}`;
  return `${shownPath(folder)}: ${what}`;
}
