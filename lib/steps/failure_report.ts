// Turns whatever a step's body threw into words: what happened, where, and what to do about it.
import { relative } from "node:path";
import { EXIT_CODE } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
import type { StepRequest } from "../store/step_request.ts";
import { type AccessProblem, accessProblem } from "../worker/access_problem.ts";
import type { ReportedFailure } from "../worker/protocol.ts";
import { isInside } from "../worker/permissions.ts";

/** The failure as the runner is told of it. */
export function reportFailure(
  error: unknown,
  request: StepRequest,
): ReportedFailure {
  const problem = accessProblem(error);
  if (problem?.kind === "denied") return deniedAccess(problem, request);
  if (problem?.kind === "no_space") {
    return {
      message:
        `No space left on the disk for step "${request.step.name}": ${problem.text}`,
      hint:
        "Free some space and run the same command again; finished work is kept",
      exitCode: EXIT_CODE.stepFailed,
      isRetryable: false,
      stack: null,
    };
  }
  if (error instanceof Failure) {
    return {
      message: error.message,
      hint: error.hint ?? null,
      exitCode: error.exitCode,
      isRetryable: error.exitCode === EXIT_CODE.stepFailed,
      stack: error.cause instanceof Error ? error.cause.stack ?? null : null,
    };
  }
  return {
    message: error instanceof Error
      ? `${error.name}: ${error.message}`
      : String(error),
    hint: null,
    exitCode: EXIT_CODE.defect,
    isRetryable: false,
    stack: error instanceof Error
      ? error.stack ?? error.message
      : String(error),
  };
}

const DECLARABLE = ["read", "write", "net", "env"];

function deniedAccess(
  problem: Extract<AccessProblem, { kind: "denied" }>,
  request: StepRequest,
): ReportedFailure {
  const { access } = problem;
  const isPath = access === "read" || access === "write";
  const place = isPath ? readablePath(problem.place) : problem.place;
  return {
    message: `Step "${request.step.name}" may not ${
      VERBS[access] ?? access
    } "${place}"`,
    hint: deniedHint(access, problem.place, place, request),
    exitCode: EXIT_CODE.stepFailed,
    isRetryable: false,
    stack: null,
  };
}

const VERBS: Readonly<Record<string, string>> = {
  read: "read",
  write: "write",
  net: "connect to",
  env: "read environment variable",
  run: "run",
  sys: "ask the system for",
  ffi: "load native code",
  // Places such as /dev/full, which Deno keeps to processes with every permission.
  all: "touch",
};

function deniedHint(
  access: string,
  place: string,
  shown: string,
  request: StepRequest,
): string {
  if (!DECLARABLE.includes(access)) {
    return "No step gets this permission; do it outside of the pipeline";
  }
  if (access === "write" && isInside(request.folder, place)) {
    return "request.json, complete.json and attempts/ of a step folder belong to the runner; write to another file";
  }
  return `If the step needs it, add to step "${request.step.name}" in ${request.pipeline}: permissions: { ${access}: [${
    JSON.stringify(shown)
  }] }`;
}

/** Relative to the working directory where it lies inside, so that the line to add works for others too. */
function readablePath(path: string): string {
  return isInside(Deno.cwd(), path) ? relative(Deno.cwd(), path) || "." : path;
}
