// A terminal that is a file: what a scheduled run prints.
import { dirname } from "node:path";
import process from "node:process";
import { makeFolder } from "../disk/folder_entries.ts";
import type { Terminal } from "./terminal.ts";

/** An open log; `echo` gets every block too. */
export class LogTerminal implements Terminal, Disposable {
  readonly color = false;
  readonly interactive = false;
  readonly redraws = false;
  readonly #file: Deno.FsFile;
  readonly #echo: Pick<Terminal, "out" | "err"> | null;

  static async open(
    path: string,
    echo: Pick<Terminal, "out" | "err"> | null,
  ): Promise<LogTerminal> {
    await makeFolder(dirname(path));
    const file = await Deno.open(path, { create: true, append: true });
    return new LogTerminal(file, echo);
  }

  private constructor(
    file: Deno.FsFile,
    echo: Pick<Terminal, "out" | "err"> | null,
  ) {
    this.#file = file;
    this.#echo = echo;
  }

  out(text: string): void {
    this.#write(text);
    this.#echo?.out(text);
  }

  err(text: string): void {
    this.#write(text);
    this.#echo?.err(text);
  }

  redrawn(): NodeJS.WritableStream {
    return process.stdout;
  }

  confirm(): boolean {
    return false;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(`${text}\n`);
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
  }
}
