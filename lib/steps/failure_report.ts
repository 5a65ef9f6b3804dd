// Turns whatever a step's body threw into words: what happened, where, and what to do about it.
import { EXIT_CODE } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
import type { StepRequest } from "../store/step_request.ts";
import {
  type AccessProblem,
  accessProblem,
  SYSTEM_HINT,
} from "../worker/access_problem.ts";
import type { ReportedFailure } from "../worker/protocol.ts";

/** The failure as the runner is told of it. */
export function reportFailure(
  error: unknown,
  request: StepRequest,
): ReportedFailure {
  const problem = accessProblem(error);
  if (problem?.kind === "denied") return deniedAccess(problem, request);
  if (problem?.kind === "code") return deniedCode(problem.module, request);
  if (problem?.kind === "link") return deniedLink(request);
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
  if (problem?.kind === "system" && request.task !== "script") {
    return {
      message:
        `The file system refused step "${request.step.name}": ${problem.text}`,
      hint: SYSTEM_HINT,
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
  const stack = error instanceof Error && typeof error.stack === "string"
    ? error.stack
    : describeThrown(error);
  // An error of the user's own code, also one that nobody awaited, is a failed step and not a defect of ours.
  if (request.task === "script") {
    return {
      message: `Task of step "${request.step.name}" failed: ${
        describeThrown(error)
      }`,
      hint: "Its stack is in the log of the attempt",
      exitCode: EXIT_CODE.stepFailed,
      isRetryable: true,
      stack,
    };
  }
  return {
    message: describeThrown(error),
    hint: null,
    exitCode: EXIT_CODE.defect,
    isRetryable: false,
    stack,
  };
}

/** One line for anything that can be thrown, also for what refuses to become text. */
export function describeThrown(error: unknown): string {
  try {
    return error instanceof Error
      ? `${error.name}: ${error.message}`
      : String(error);
  } catch {
    return `a value of type ${typeof error} that has no text`;
  }
}

const SEPARATOR = Deno.build.os === "windows" ? "\\" : "/";
const DECLARABLE = ["read", "write", "net", "env"];

function deniedAccess(
  problem: Extract<AccessProblem, { kind: "denied" }>,
  request: StepRequest,
): ReportedFailure {
  const { access } = problem;
  const isPath = access === "read" || access === "write";
  const place = isPath ? readablePath(problem.place) : problem.place;
  return {
    message: `Step "${request.step.name}" may not ${VERBS[access] ?? access} ${
      place === "" ? "other programs" : `"${place}"`
    }`,
    hint: deniedHint(access, problem.place, place, request),
    exitCode: EXIT_CODE.stepFailed,
    isRetryable: false,
    stack: null,
  };
}

function deniedCode(
  module: string,
  { step }: StepRequest,
): ReportedFailure {
  const isAddress = /^\w+:/.test(module);
  return {
    message:
      `Step "${step.name}" may not import "${module}": nothing is fetched while a step runs`,
    hint: isAddress
      ? "Keep the module in the project and import it by its path"
      : "Import the package at the top of the task's module, where it is fetched before the first step; it must stand in deno.json and deno.lock",
    exitCode: EXIT_CODE.stepFailed,
    isRetryable: false,
    stack: null,
  };
}

function deniedLink({ step }: StepRequest): ReportedFailure {
  return {
    message: `Step "${step.name}" may not make links`,
    hint: "Copy the file: a link could lead out of what the step may touch",
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
  if (access === "write" && restBelow(request.folder, place) !== null) {
    return "request.json, complete.json and attempts/ of a step folder belong to the runner; write to another file";
  }
  const store = request.folder.slice(0, request.folder.lastIndexOf(SEPARATOR));
  const beside = restBelow(store, place);
  if (beside !== null && LOCK_FILE.test(beside)) {
    return "Lock files belong to the runner; write to another file";
  }
  if (beside !== null && beside !== ".") {
    return access === "read"
      ? `Name the other step in \`needs\` of step "${request.step.name}": its output is then among the task's inputs`
      : "A step writes in its own folder only; let the other step write this, or write it to the task's output";
  }
  return `If the step needs it, add to step "${request.step.name}" in ${request.pipeline}: permissions: { ${access}: [${
    JSON.stringify(shown)
  }] }`;
}

/** Directly in the store, beside the folders of the steps. */
const LOCK_FILE = /^[^\\/]+\.(?:lock|runner)$/;

/** Relative to the working directory where it lies inside, so that the line to add works for others too. */
function readablePath(path: string): string {
  return restBelow(Deno.cwd(), path) ?? path;
}

/** The way from `folder` down to `path`, both as Deno names them; null where it lies outside. Without node:path, see script_main.ts. */
function restBelow(folder: string, path: string): string | null {
  if (path === folder) return ".";
  const start = /[\\/]$/.test(folder) ? folder : `${folder}${SEPARATOR}`;
  return path.startsWith(start) ? path.slice(start.length) : null;
}
