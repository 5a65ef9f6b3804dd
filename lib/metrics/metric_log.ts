// metrics.jsonl, which holds deterministic values only, and timings.jsonl, which holds what a clock says.
import { AppendLog, readLines } from "../disk/append_log.ts";
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";

/** Values of one row by metric name; a value that is not finite is stored as null. */
export type MetricValues = Readonly<Record<string, number | null>>;

/** One row of `metrics.jsonl`. Equal training gives equal bytes, so no row holds a time. */
export interface MetricRow {
  /** What was measured: one training batch, or a whole held-out set. */
  readonly kind: "train" | "eval";
  /** From 0. */
  readonly epoch: number;
  /** Within the epoch, from 0. */
  readonly batch: number;
  /** Updates made in this step when the row was written. */
  readonly global_step: number;
  readonly metrics: MetricValues;
  /** Rates in force by optimizer name; only in rows of kind "train". */
  readonly learning_rates?: MetricValues;
}

/** One row of `timings.jsonl`: seconds by phase, and whatever else a clock or a memory gauge says. */
export interface TimingRow {
  readonly global_step: number;
  /** When the row was written, as ISO 8601 in UTC. */
  readonly time: string;
  /** Seconds since the row before, by phase, for example "data", "update", "sample". */
  readonly seconds: Readonly<Record<string, number>>;
  readonly memory_bytes?: number;
  /** A new process went on here from a checkpoint; the row holds no work. */
  readonly resumed?: true;
  /** Share of the time since the attempt began that was spent waiting for batches, 0 to 1. */
  readonly data_wait_share?: number;
}

/** An open log of rows; the caller's step lock makes it the only writer. */
export class RowLog<Row extends MetricRow | TimingRow> implements Disposable {
  readonly #log: AppendLog;

  /** Opens or creates the log at `path`; a torn last line is cut. */
  static async open<Row extends MetricRow | TimingRow>(
    path: string,
  ): Promise<RowLog<Row>> {
    return new RowLog<Row>(await AppendLog.open(path));
  }

  private constructor(log: AppendLog) {
    this.#log = log;
  }

  /** Bytes of all rows so far; a checkpoint stores it and a resume cuts back to it. */
  get byteLength(): number {
    return this.#log.length;
  }

  async append(row: Row): Promise<void> {
    await this.#log.append(JSON.stringify(row, finiteOrNull));
  }

  /** Makes all rows so far durable; to be called before a checkpoint that stores {@linkcode RowLog.byteLength}. */
  async sync(): Promise<void> {
    await this.#log.sync();
  }

  /**
   * Drops what was written after a checkpoint was taken.
   *
   * @throws {StoredStateError} when the log is shorter than the checkpoint says, or a row crosses that place.
   */
  async truncate(byteLength: number): Promise<void> {
    try {
      await this.#log.truncate(byteLength);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new StoredStateError(
        `Cannot continue the metric log at byte ${byteLength}: it has ${this.#log.length} bytes and no row ends there`,
        {
          cause,
          hint:
            "Redo the step with --force, its metrics were changed from outside",
        },
      );
    }
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}

/** Opens `metrics.jsonl`. */
export function openMetricLog(path: string): Promise<RowLog<MetricRow>> {
  return RowLog.open<MetricRow>(path);
}

/** Opens `timings.jsonl`. */
export function openTimingLog(path: string): Promise<RowLog<TimingRow>> {
  return RowLog.open<TimingRow>(path);
}

/**
 * All whole rows of a metric log, oldest first; none when the file is absent.
 *
 * @throws {StoredStateError} when a line is not a row.
 */
export async function readMetricRows(path: string): Promise<MetricRow[]> {
  const lines = await readLines(path);
  return lines.map((line, index) => parseRow(line, `${path}:${index + 1}`));
}

/** All rows of a timing log that can be read, oldest first; what a clock said long ago is not worth an error. */
export async function readTimingRows(path: string): Promise<TimingRow[]> {
  const lines = await readLines(path);
  return lines.flatMap((line) => {
    try {
      const row: unknown = JSON.parse(line);
      return isTimingRow(row) ? [row] : [];
    } catch {
      return [];
    }
  });
}

function isTimingRow(row: unknown): row is TimingRow {
  return isRecord(row) && typeof row["global_step"] === "number" &&
    typeof row["time"] === "string" && isRecord(row["seconds"]);
}

function parseRow(line: string, place: string): MetricRow {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (cause) {
    throw new StoredStateError(
      `Cannot read metric row at "${place}": it is not JSON`,
      { cause },
    );
  }
  if (isRow(row)) return row;
  throw new StoredStateError(
    `Cannot read metric row at "${place}": it lacks "metrics" or a count`,
  );
}

function isRow(row: unknown): row is MetricRow {
  if (typeof row !== "object" || row === null || !("metrics" in row)) {
    return false;
  }
  const hasCounts = ["epoch", "batch", "global_step"].every((key) =>
    typeof (row as Record<string, unknown>)[key] === "number"
  );
  return hasCounts && typeof row.metrics === "object" && row.metrics !== null;
}

/** JSON has no NaN; JSON.stringify would turn it into null as well, but silently, and only here is that meant. */
function finiteOrNull(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}
