// One tick of a schedule as its history holds it.
import type { ExecutorName } from "../catalog/executor_options.ts";
import type { OverlapPolicy } from "../catalog/schedule_options.ts";

/** Where a tick stands. */
export type TickState =
  /** Due, and not started; or interrupted, and to go on. */
  | "waiting"
  | "running"
  /** A signal stopped it with its state saved; the next daemon goes on with it. */
  | "stopped"
  | "finished"
  | "skipped";

/** What a tick runs, fixed when it became due: a later edit of the schedule does not reach it. */
export interface TickWork {
  readonly pipeline: string;
  /** Overrides, their placeholders filled. */
  readonly set: readonly string[];
  readonly overlap: OverlapPolicy;
  readonly max_run_time_ms: number | null;
  readonly executor: ExecutorName;
}

/** A line of the history. */
export interface Tick {
  readonly id: number;
  readonly schedule: string;
  readonly dueMs: number;
  readonly startMs: number;
  readonly origin: "schedule" | "manual";
  readonly state: TickState;
  /** Why it was skipped or how it ended; null where there is nothing to say. */
  readonly reason: string | null;
  readonly isCatchUp: boolean;
  readonly attempts: number;
  /** Of the process that runs it, or ran it last. */
  readonly pid: number | null;
  readonly startedMs: number | null;
  readonly finishedMs: number | null;
  readonly exitCode: number | null;
  /** Name of the run. */
  readonly run: string | null;
  readonly work: TickWork;
}

/** How a tick's run ended. */
export interface TickEnd {
  readonly state: Extract<TickState, "finished" | "stopped">;
  readonly exitCode: number;
  readonly reason: string | null;
  readonly nowMs: number;
}

/** A tick from a row of the table. */
export function tickOf(row: Readonly<Record<string, unknown>>): Tick {
  return {
    id: Number(row["id"]),
    schedule: String(row["schedule"]),
    dueMs: Number(row["due_ms"]),
    startMs: Number(row["start_ms"]),
    origin: row["origin"] === "manual" ? "manual" : "schedule",
    state: row["state"] as TickState,
    reason: nullableText(row["reason"]),
    isCatchUp: row["is_catch_up"] === 1,
    attempts: Number(row["attempts"]),
    pid: nullableNumber(row["pid"]),
    startedMs: nullableNumber(row["started_ms"]),
    finishedMs: nullableNumber(row["finished_ms"]),
    exitCode: nullableNumber(row["exit_code"]),
    run: nullableText(row["run"]),
    // Ticks from before there was a choice ran here.
    work: { executor: "local", ...JSON.parse(String(row["work"])) },
  };
}

function nullableText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function nullableNumber(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
