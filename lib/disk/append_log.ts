// A file of lines that only grows. A line counts once its newline is there; a torn tail is cut when the log is opened.
import { dirname } from "node:path";
import { StoredStateError } from "../error/failure.ts";
import { DurableFile } from "./durable_file.ts";
import { makeFolder, syncFolder } from "./folder_entries.ts";

const NEWLINE = 10;

/** An open log; one writer at a time, which the caller's lock has to ensure. */
export class AppendLog implements Disposable {
  readonly #file: DurableFile;
  #length: number;

  /** Opens or creates the log at `path` and cuts what stands behind its last newline. */
  static async open(path: string): Promise<AppendLog> {
    await makeFolder(dirname(path));
    if (isOdd(path)) throw notAFile(path);
    const file = await DurableFile.open(path, {
      read: true,
      write: true,
      create: true,
    });
    try {
      const size = await file.size();
      const whole = await endOfLastLine(file, size);
      if (whole < size) await file.truncate(whole);
      // The entry of a new file is only durable once its folder is.
      if (size === 0) await syncFolder(dirname(path));
      await file.seek(whole);
      return new AppendLog(file, whole);
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(file: DurableFile, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** Bytes written so far, all of them whole lines. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends one line; it is durable after {@linkcode AppendLog.sync}.
   *
   * @throws {RangeError} where `line` holds a line break.
   */
  async append(line: string): Promise<void> {
    if (/[\r\n]/.test(line)) {
      throw new RangeError("Cannot append to log: the line holds a line break");
    }
    const bytes = new TextEncoder().encode(`${line}\n`);
    await this.#file.write(bytes);
    this.#length += bytes.length;
  }

  /** Appends `value` as one line of JSON. */
  async appendJson(value: unknown): Promise<void> {
    await this.append(JSON.stringify(value));
  }

  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /**
   * Cuts the log back to `length` bytes, which must be the end of a line.
   *
   * @throws {RangeError} where the log is shorter, or `length` is in the middle of a line.
   */
  async truncate(length: number): Promise<void> {
    if (length > this.#length) {
      throw new RangeError(
        `Cannot cut log to ${length} bytes: it has only ${this.#length}`,
      );
    }
    if (await endOfLastLine(this.#file, length) !== length) {
      throw new RangeError(
        `Cannot cut log to ${length} bytes: that is in the middle of a line`,
      );
    }
    await this.#file.truncate(length);
    await this.#file.seek(length);
    this.#length = length;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/**
 * The whole lines of a log, without a torn tail; an absent log has none.
 *
 * @throws {StoredStateError} where something else than a file is there: a pipe would be waited for without end
 */
export async function readLines(path: string): Promise<string[]> {
  let text: string;
  try {
    if (!Deno.statSync(path).isFile) throw notAFile(path);
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").slice(0, -1);
}

function isOdd(path: string): boolean {
  try {
    return !Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function notAFile(path: string): StoredStateError {
  return new StoredStateError(
    `Cannot use "${path}" as a log: it is not a regular file`,
    { hint: "Remove it and run the same command again" },
  );
}

/** Offset behind the last newline within the first `size` bytes; 0 where there is none. */
async function endOfLastLine(file: DurableFile, size: number): Promise<number> {
  const block = new Uint8Array(64 * 1024);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - block.length);
    const part = block.subarray(0, end - start);
    await file.seek(start);
    await file.read(part);
    const newline = part.lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
