// `output.log_file`: what a run says about itself, each line with its time, at the end of a file of the user's.
import { type Clock, SYSTEM_CLOCK } from "../clock/clock.ts";
import { AppendLog } from "../disk/append_log.ts";
import { RefusedError } from "../error/failure.ts";

/** An open log file. Texts reach it in their order; a run's own records do not depend on it. */
export class LogFile implements AsyncDisposable {
  readonly #log: AppendLog;
  readonly #clock: Clock;
  #written: Promise<void> = Promise.resolve();

  /**
   * Opens or creates the file and its folder; what stands in it stays.
   *
   * @throws {RefusedError} where it cannot be written
   */
  static async open(
    path: string,
    clock: Clock = SYSTEM_CLOCK,
  ): Promise<LogFile> {
    try {
      return new LogFile(await AppendLog.open(path), clock);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RefusedError(
        `Cannot write output.log_file "${path}": ${reason}`,
        { cause, hint: "Name a file in a folder that you may write to" },
      );
    }
  }

  private constructor(log: AppendLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Adds a text, each of its lines with the time of the call. */
  write(text: string): void {
    const time = this.#clock.now().toISOString();
    for (const line of text.split(/\r\n|\r|\n/)) {
      this.#written = this.#written.then(() =>
        this.#log.append(`${time} ${line}`.trimEnd())
      );
    }
    // A full disk is told when the log is closed, not as an unhandled rejection in mid-run.
    this.#written.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#written;
    } finally {
      this.#log[Symbol.dispose]();
    }
  }
}
