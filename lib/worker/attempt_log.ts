// The log of one attempt: every line that a step's process printed or sent, with the time.

/** An open log file. */
export class AttemptLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();

  static async create(path: string): Promise<AttemptLog> {
    return new AttemptLog(
      await Deno.open(path, { create: true, append: true }),
    );
  }

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Writes each line of `text` under one time. */
  write(text: string): void {
    const at = new Date().toISOString();
    for (const line of text.split("\n")) {
      const bytes = this.#encoder.encode(`${at} ${line}\n`);
      for (let done = 0; done < bytes.length;) {
        done += this.#file.writeSync(bytes.subarray(done));
      }
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
