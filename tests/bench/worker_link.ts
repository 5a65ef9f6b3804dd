// A worker of the bench as its parent sees it: a process that answers one JSON line to each request.
import { jsonLines } from "./json_lines.ts";
import type { Profile } from "./kernel_profile.ts";
import type { StepName } from "./workload.ts";

/** What a worker can be asked. PyTorch's knows no profile. */
export type Request =
  | { readonly ask: "prepare"; readonly step: StepName }
  | { readonly ask: "step" }
  | { readonly ask: "op"; readonly op: string; readonly count: number }
  | { readonly ask: "profile" }
  | { readonly ask: "memory" };

/** How long a piece of work took. */
export interface Timing {
  readonly ms: number;
  /** Of the worker's process on all cores together. */
  readonly cpuMs: number;
}

/** What it answers. */
interface Answers {
  readonly prepare: { readonly parameters: number };
  /** The loss is that before the update. */
  readonly step: Timing & { readonly value: number };
  readonly op: Pick<Timing, "ms">;
  readonly profile: Profile;
  readonly memory: { readonly bytes: number };
}

/** What a worker says of itself when it is ready. */
export interface Greeting {
  readonly name: string;
  readonly threads: number | null;
  /** Until the engine, or the Python package, was ready; the process's own start is not in it. */
  readonly startMs: number;
}

/** Owns the process. */
export class WorkerLink implements AsyncDisposable {
  readonly greeting: Greeting;
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<unknown>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  private constructor(
    process: Deno.ChildProcess,
    lines: AsyncGenerator<unknown>,
    greeting: Greeting,
  ) {
    this.#process = process;
    this.#lines = lines;
    this.#input = process.stdin.getWriter();
    this.greeting = greeting;
  }

  /** Starts a worker. @throws {Error} with what it complained of where it does not come up. */
  static async start(command: readonly string[]): Promise<WorkerLink> {
    const [program, ...args] = command as [string, ...string[]];
    const process = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = jsonLines(process.stdout);
    const first = await lines.next();
    if (first.done) throw new Error(`${program} ended before it was ready`);
    return new WorkerLink(process, lines, first.value as Greeting);
  }

  /** Asks, and waits for the answer. */
  async ask<R extends Request>(request: R): Promise<Answers[R["ask"]]> {
    const line = `${JSON.stringify(request)}\n`;
    await this.#input.write(new TextEncoder().encode(line));
    const next = await this.#lines.next();
    if (next.done) {
      throw new Error(`${this.greeting.name} ended at ${line.trim()}`);
    }
    return next.value as Answers[R["ask"]];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#process.status;
  }
}
