// Errors that a user can act on. Anything else that is thrown is a defect of ours and exits with 1.
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";

/** What a failure carries beside its message. */
export interface FailureOptions extends ErrorOptions {
  /** The way out, as one sentence that starts with a verb. */
  readonly hint?: string;
}

/** An expected failure: it has an exit code and is shown without a stack trace. */
export class Failure extends Error {
  /** Name of the class. */
  override readonly name: string = "Failure";
  /** What the process ends with. */
  readonly exitCode: ExitCode;
  /** The way out; undefined where there is none to name. */
  readonly hint: string | undefined;

  /** `message`: capital first, no full stop; action, place, found, wanted. */
  constructor(
    exitCode: ExitCode,
    message: string,
    options: FailureOptions = {},
  ) {
    super(message, options);
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** The command line cannot be understood. */
export class UsageError extends Failure {
  override readonly name: string = "UsageError";
  constructor(message: string, options: FailureOptions = {}) {
    super(EXIT_CODE.usage, message, options);
  }
}

/** A pipeline, its data or its engine is refused before anything starts. */
export class RefusedError extends Failure {
  override readonly name: string = "RefusedError";
  constructor(message: string, options: FailureOptions = {}) {
    super(EXIT_CODE.refused, message, options);
  }
}

/** A step failed while it ran; what it had finished stays on disk. */
export class StepFailure extends Failure {
  /** Name of the class. */
  override readonly name: string = "StepFailure";
  /** Exit code 4. */
  constructor(message: string, options: FailureOptions = {}) {
    super(EXIT_CODE.stepFailed, message, options);
  }
}

/** Another process holds the run or the step. */
export class LockedError extends Failure {
  override readonly name: string = "LockedError";
  constructor(message: string, options: FailureOptions = {}) {
    super(EXIT_CODE.locked, message, options);
  }
}

/** Something under the runs folder does not match its digest, version or shape. */
export class StoredStateError extends Failure {
  override readonly name: string = "StoredStateError";
  constructor(message: string, options: FailureOptions = {}) {
    super(EXIT_CODE.storedState, message, options);
  }
}

/** A step ran longer than its `timeout`. */
export class TimedOutError extends Failure {
  override readonly name: string = "TimedOutError";
  constructor(message: string, options: FailureOptions = {}) {
    super(EXIT_CODE.timedOut, message, options);
  }
}

/** A signal stopped the run; the same command continues it. */
export class StoppedError extends Failure {
  override readonly name: string = "StoppedError";
  constructor(
    signal: "SIGINT" | "SIGTERM",
    message: string,
    options: FailureOptions = {},
  ) {
    super(
      signal === "SIGINT" ? EXIT_CODE.interrupted : EXIT_CODE.terminated,
      message,
      options,
    );
  }
}
