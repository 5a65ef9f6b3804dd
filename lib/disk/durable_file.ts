// An open file that is written: the only way in which fluxline changes the content of a file.
import { operate } from "./operation.ts";

/** A file open for writing; `using` closes it. */
export class DurableFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly path: string;

  /** Opens `path` as {@linkcode Deno.open} does. */
  static async open(
    path: string,
    options: Deno.OpenOptions,
  ): Promise<DurableFile> {
    const file = await operate(
      { kind: "open", path },
      () => Deno.open(path, options),
    );
    return new DurableFile(file, path);
  }

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.path = path;
  }

  /** Bytes of the file now. */
  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  /** Writes all of `bytes` at the present position. */
  async write(bytes: Uint8Array): Promise<void> {
    const tear = () => {
      this.#file.writeSync(bytes.subarray(0, bytes.length >> 1));
    };
    await operate({ kind: "write", path: this.path, tear }, async () => {
      for (let at = 0; at < bytes.length;) {
        at += await this.#file.write(bytes.subarray(at));
      }
    });
  }

  async truncate(length: number): Promise<void> {
    await operate(
      { kind: "truncate", path: this.path },
      () => this.#file.truncate(length),
    );
  }

  /**
   * Makes the content survive a power cut. After an error the file must not be used again: the kernel may have dropped what it
   * could not write, and a second sync would say that all is well.
   */
  async sync(): Promise<void> {
    await operate({ kind: "sync", path: this.path }, () => this.#file.sync());
  }

  /** Moves to `offset` bytes from the start. */
  async seek(offset: number): Promise<void> {
    await this.#file.seek(offset, Deno.SeekMode.Start);
  }

  /** Fills `block` from the present position as far as the file goes; answers the count. */
  async read(block: Uint8Array): Promise<number> {
    let at = 0;
    while (at < block.length) {
      const count = await this.#file.read(block.subarray(at));
      if (count === null) break;
      at += count;
    }
    return at;
  }

  /** Takes the kernel's exclusive lock on the file, unless somebody else has it. */
  async tryLock(): Promise<boolean> {
    return await this.#file.tryLock(true);
  }

  async unlock(): Promise<void> {
    await this.#file.unlock();
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
