// Messages between the runner and a step's process: one tagged line of JSON each. Every other line on the child's
// standard output is log text, so that `console.log` in a task breaks nothing.
import type { DiskTest, TracedOperation } from "../disk/disk_test.ts";
import type { ExitCode } from "../error/exit_code.ts";
import { isRecord } from "../json/record.ts";
import { isCount } from "../json/value_shapes.ts";
import { failureOf, isPath, progressOf, resultOf } from "./message_shapes.ts";
import type { ProgressUpdate, StepResult } from "./step_message.ts";

/** Stands before every message; the digit is the version of the protocol. */
export const MESSAGE_MARK = "\u001efluxline1 ";

/** Exit code of a child that stopped as asked, with its state saved. */
export const STOPPED_EXIT_CODE = 75;

/** Environment variable to the secret in it. */
export type Secrets = Readonly<Record<string, string>>;

/** What the runner tells a step's process. Closing its standard input means: the runner is gone. */
export type ParentMessage =
  | {
    readonly type: "request";
    readonly request: unknown;
    /** Beside the request, since that is written down. */
    readonly secrets?: Secrets;
    /** Only in tests of the disk. */
    readonly diskTest?: DiskTest;
  }
  /** Save and go on. */
  | { readonly type: "checkpoint" }
  | { readonly type: "stop" };

/** What a step's process tells the runner. */
export type ChildMessage =
  | { readonly type: "ready" }
  | {
    readonly type: "log";
    readonly level: "info" | "warning";
    readonly text: string;
  }
  | { readonly type: "progress"; readonly update: ProgressUpdate }
  | { readonly type: "picture"; readonly path: string }
  /** A checkpoint stands. */
  | { readonly type: "saved" }
  /** Only in tests of the disk. */
  | { readonly type: "disk"; readonly operation: TracedOperation }
  | {
    readonly type: "ended";
    readonly result: StepResult;
    /** Most memory that the process saw itself hold. */
    readonly peakMemoryBytes?: number;
  }
  | { readonly type: "failed"; readonly failure: ReportedFailure };

/** A failure on its way from the child to the runner. */
export interface ReportedFailure {
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: ExitCode;
  /** False where another attempt would fail in the same way. */
  readonly isRetryable: boolean;
  /** Of a defect or of a user's task; the log keeps it. */
  readonly stack: string | null;
}

/** The line of a message, without its line end. */
export function encodeMessage(message: ParentMessage | ChildMessage): string {
  return MESSAGE_MARK + JSON.stringify(message);
}

/** Log text and message of one line from the child; text before the mark comes from a print without a line end. */
export function decodeChildLine(
  line: string,
): { readonly text: string; readonly message: ChildMessage | null } {
  const at = line.indexOf(MESSAGE_MARK);
  if (at < 0) return { text: line, message: null };
  const message = childMessage(
    parseRecord(line.slice(at + MESSAGE_MARK.length)),
  );
  return message === null
    ? { text: line, message: null }
    : { text: line.slice(0, at), message };
}

/** The message in one line from the parent; null for anything else. */
export function decodeParentLine(line: string): ParentMessage | null {
  if (!line.startsWith(MESSAGE_MARK)) return null;
  const message = parseRecord(line.slice(MESSAGE_MARK.length));
  if (message?.["type"] === "stop") return { type: "stop" };
  if (message?.["type"] === "checkpoint") return { type: "checkpoint" };
  if (message?.["type"] === "request") {
    const { diskTest, secrets } = message;
    return {
      type: "request",
      request: message["request"],
      ...(isSecrets(secrets) ? { secrets } : {}),
      ...(isRecord(diskTest)
        ? { diskTest: diskTest as unknown as DiskTest }
        : {}),
    };
  }
  return null;
}

/** Splits bytes into lines. A line longer than 1 MiB is cut there, so that a task's output cannot fill the memory. */
export async function* readTextLines(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > LONGEST_LINE) {
      yield rest;
      rest = "";
    }
  }
  if (rest !== "") yield rest;
}

const LONGEST_LINE = 1024 * 1024;

function isSecrets(value: unknown): value is Secrets {
  return isRecord(value) &&
    Object.values(value).every((secret) => typeof secret === "string");
}

type LooseRecord = Readonly<Record<string, unknown>>;

function parseRecord(text: string): LooseRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    // A task may print the mark; then the line is text like any other.
    return null;
  }
}

/** The message in a parsed line; null where it is none. */
function childMessage(value: LooseRecord | null): ChildMessage | null {
  switch (value?.["type"]) {
    case "ready":
      return { type: "ready" };
    case "saved":
      return { type: "saved" };
    case "log": {
      const { level, text } = value;
      const isRight = (level === "info" || level === "warning") &&
        typeof text === "string";
      return isRight ? { type: "log", level, text } : null;
    }
    case "progress": {
      const update = progressOf(value["update"]);
      return update === null ? null : { type: "progress", update };
    }
    case "picture": {
      const { path } = value;
      return isPath(path) ? { type: "picture", path } : null;
    }
    case "disk": {
      const { operation } = value;
      return isRecord(operation)
        ? { type: "disk", operation: operation as unknown as TracedOperation }
        : null;
    }
    case "ended": {
      const result = resultOf(value["result"]);
      const { peakMemoryBytes } = value;
      if (result === null) return null;
      return {
        ...{ type: "ended", result },
        ...(isCount(peakMemoryBytes) ? { peakMemoryBytes } : {}),
      };
    }
    case "failed": {
      const failure = failureOf(value["failure"]);
      return failure === null ? null : { type: "failed", failure };
    }
    default:
      return null;
  }
}
