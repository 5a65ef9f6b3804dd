// Failures as text. Expected ones show what happened and the way out; a defect of ours shows its stack.
// Loaded only where something has failed: the package makes streams of this process's output.
import defer * as picocolors from "picocolors";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
import { SeveralFailures } from "../error/several_failures.ts";
import { accessProblem, SYSTEM_HINT } from "../worker/access_problem.ts";
import type { Terminal } from "./terminal.ts";

/** Prints whatever a command threw and answers the exit code that it means. */
export function showFailure(error: unknown, terminal: Terminal): ExitCode {
  const failure = asFailure(error);
  terminal.err(failureText(failure, terminal.color));
  return failure.exitCode;
}

/** `error: …`, then the hint or, for a defect, the stack. */
export function failureText(failure: Failure, color: boolean): string {
  if (failure instanceof SeveralFailures) {
    return failure.failures.map((one) => failureText(one, color)).join("\n");
  }
  const { red, cyan } = picocolors.createColors(color);
  const lines = [`${red("error:")} ${failure.message}`];
  if (failure.exitCode === EXIT_CODE.defect) {
    if (typeof failure.cause === "string") lines.push(failure.cause);
    lines.push(
      "This is a defect of fluxline; please report it with these lines",
    );
  }
  if (failure.hint !== undefined) {
    lines.push(`${cyan("hint:")} ${failure.hint}`);
  }
  return lines.join("\n");
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const problem = accessProblem(error);
  if (problem?.kind === "no_space") {
    return new Failure(
      EXIT_CODE.stepFailed,
      `No space left on the disk: ${problem.text}`,
      {
        hint:
          "Free some space and run the same command again; finished work is kept",
      },
    );
  }
  if (problem?.kind === "denied" && problem.access === "all") {
    return new Failure(
      EXIT_CODE.usage,
      `This process may not use "${problem.place}": it is one of the system's own places`,
      { hint: "Name another place" },
    );
  }
  if (problem?.kind === "denied") {
    return new Failure(
      EXIT_CODE.usage,
      `This process may not ${problem.access} "${problem.place}"`,
      { hint: `Run with the permission, for example -R=.,${problem.place}` },
    );
  }
  if (problem?.kind === "system") {
    return new Failure(
      EXIT_CODE.stepFailed,
      `The file system refused: ${problem.text}`,
      { hint: SYSTEM_HINT },
    );
  }
  const text = error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return new Failure(EXIT_CODE.defect, text, { cause: stack });
}
