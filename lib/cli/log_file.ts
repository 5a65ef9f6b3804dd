// `output.log_file`: what a run says about itself, each line with its time, at the end of a file of the user's.
import { dirname } from "node:path";
import { type Clock, SYSTEM_CLOCK } from "../clock/clock.ts";
import { RefusedError } from "../error/failure.ts";

/** An open log file. Lines reach it as they are written; a run's own records do not depend on it. */
export class LogFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #clock: Clock;

  /**
   * Opens or creates the file and its folder; what stands in it stays.
   *
   * @throws {RefusedError} where it cannot be written
   */
  static open(path: string, clock: Clock = SYSTEM_CLOCK): LogFile {
    try {
      Deno.mkdirSync(dirname(path), { recursive: true });
      return new LogFile(
        Deno.openSync(path, { append: true, create: true }),
        clock,
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RefusedError(
        `Cannot write output.log_file "${path}": ${reason}`,
        { cause, hint: "Name a file in a folder that you may write to" },
      );
    }
  }

  private constructor(file: Deno.FsFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Adds a text, each of its lines with the time. */
  write(text: string): void {
    const time = this.#clock.now().toISOString();
    const lines = text.split("\n").map((line) => `${time} ${line}`.trimEnd());
    const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
