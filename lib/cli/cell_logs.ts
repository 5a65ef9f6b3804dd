// `output.log_file` of the cells of a matrix: one file for all of them, unless an axis sets it.
import type { Matrix } from "../config/load_matrix.ts";
import { LogFile } from "./log_file.ts";

/** The open log files of a matrix. */
export class CellLogs implements AsyncDisposable {
  readonly #files = new Map<string, LogFile>();
  /** By run of the cell. */
  readonly #pathOf: ReadonlyMap<string, string>;

  /**
   * Opens or creates the files.
   *
   * @throws {RefusedError} where one cannot be written
   */
  static async open({ cells }: Matrix): Promise<CellLogs> {
    const logs = new CellLogs(
      new Map(
        cells.flatMap(({ cell: { run }, pipeline: { output } }) =>
          output.log_file === null ? [] : [[run, output.log_file]]
        ),
      ),
    );
    try {
      for (const path of new Set(logs.#pathOf.values())) {
        logs.#files.set(path, await LogFile.open(path));
      }
    } catch (error) {
      await logs[Symbol.asyncDispose]();
      throw error;
    }
    return logs;
  }

  private constructor(pathOf: ReadonlyMap<string, string>) {
    this.#pathOf = pathOf;
  }

  /** Adds a line about one cell. */
  write(run: string, line: string): void {
    this.#files.get(this.#pathOf.get(run) ?? "")?.write(line);
  }

  /** Adds a text about all of them. */
  writeAll(text: string): void {
    for (const file of this.#files.values()) file.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) await file[Symbol.asyncDispose]();
  }
}
