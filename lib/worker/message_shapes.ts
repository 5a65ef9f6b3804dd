// The parts of messages, checked: a step's process runs code of a user, which may print anything behind the mark of a message. Only
// known fields are taken, so that nothing else gets into records.
import type { TrainedAmount } from "../catalog/trained_amount.ts";
import { EXIT_CODE } from "../error/exit_code.ts";
import { isRecord } from "../json/record.ts";
import { isListOf, isText } from "../json/value_shapes.ts";
import type { ReportedFailure } from "./protocol.ts";
import type { ProgressUpdate, StepResult } from "./step_message.ts";

/** A report of progress; null for anything else. */
export function progressOf(value: unknown): ProgressUpdate | null {
  if (!isRecord(value)) return null;
  const { phase, done, total, epoch, metrics } = value;
  const isRight = typeof phase === "string" && isNumber(done) &&
    isNumber(total) && (epoch === undefined || isEpoch(epoch)) &&
    (metrics === undefined || isNumbers(metrics));
  if (!isRight) return null;
  return {
    ...{ phase, done, total },
    ...(epoch === undefined ? {} : { epoch }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}

/** A step's result; null for anything else. */
export function resultOf(value: unknown): StepResult | null {
  if (!isRecord(value)) return null;
  const { outcome, metrics, epochs, summary, trained, pictures } = value;
  const isRight = (outcome === "done" || outcome === "stopped") &&
    isNumbers(metrics) && (epochs === undefined || isNumber(epochs)) &&
    (summary === undefined || typeof summary === "string") &&
    (trained === undefined || isTrained(trained)) &&
    (pictures === undefined || isListOf(pictures, isPath));
  if (!isRight) return null;
  return {
    ...{ outcome, metrics },
    ...(epochs === undefined ? {} : { epochs }),
    ...(summary === undefined ? {} : { summary }),
    ...(trained === undefined ? {} : { trained }),
    ...(pictures === undefined ? {} : { pictures }),
  };
}

/** A step's failure; null for anything else. */
export function failureOf(value: unknown): ReportedFailure | null {
  if (!isRecord(value)) return null;
  const { message, hint, exitCode, isRetryable, stack } = value;
  const code = Object.values(EXIT_CODE).find((one) => one === exitCode);
  const isRight = typeof message === "string" && isTextOrNull(hint) &&
    typeof isRetryable === "boolean" && isTextOrNull(stack);
  return isRight && code !== undefined
    ? { message, hint, exitCode: code, isRetryable, stack }
    : null;
}

/** Whether a value can be the path of a file. */
export function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

/** JSON has no infinity, but a number with too many digits is read as one. */
function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isNumbers(value: unknown): value is Record<string, number> {
  return isRecord(value) && Object.values(value).every(isNumber);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isEpoch(
  value: unknown,
): value is { readonly current: number; readonly total: number } {
  return isRecord(value) && isNumber(value["current"]) &&
    isNumber(value["total"]);
}

function isTrained(value: unknown): value is TrainedAmount {
  if (!isRecord(value)) return false;
  const { updates, batches, skipped, corrupt, images, loss, frozen } = value;
  return [batches, skipped, corrupt].every(isNumber) &&
    [updates, images].every((count) => count === null || isNumber(count)) &&
    (loss === null || isNumbers(loss)) &&
    isListOf(frozen, isText);
}
