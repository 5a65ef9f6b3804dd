// The child's end of the line to the runner: messages out, request and stop in.
import {
  type ChildMessage,
  decodeParentLine,
  encodeMessage,
  type ParentMessage,
  readTextLines,
} from "../worker/protocol.ts";
import type { ProgressUpdate, StepResult } from "./step_context.ts";

// After the runner is gone nobody waits for this process: a body that ignores its signal is ended, so that the step's lock gets free.
const ORPHAN_GRACE_MS = 20_000;

// More reports than a person can read would only fill the pipe.
const PROGRESS_INTERVAL_MS = 100;

/** The line to the runner. */
export class ParentLink {
  readonly #stop = new AbortController();
  #isCheckpointWanted = false;
  #peakMemoryBytes = 0;
  #lastProgress: { readonly at: number; readonly phase: string } | null = null;

  /** Aborted when the runner asks for a stop, is gone, or the process gets SIGTERM. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Reads the request and goes on listening for a stop in the background; null where the runner is gone before it. */
  async open(
    stdin: AsyncIterable<Uint8Array>,
  ): Promise<Extract<ParentMessage, { type: "request" }> | null> {
    this.#hearSignals();
    const lines = readTextLines(stdin);
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const message = decodeParentLine(line.value);
      if (message?.type !== "request") continue;
      this.#hearStop(lines);
      return message;
    }
    return null;
  }

  /** Whether the runner has asked for a checkpoint since the last call. */
  takeCheckpointWish(): boolean {
    const isWanted = this.#isCheckpointWanted;
    this.#isCheckpointWanted = false;
    return isWanted;
  }

  send(message: ChildMessage): void {
    const bytes = new TextEncoder().encode(`${encodeMessage(message)}\n`);
    try {
      for (let at = 0; at < bytes.length;) {
        at += Deno.stdout.writeSync(bytes.subarray(at));
      }
    } catch (error) {
      // Without a reader the runner is gone; closed standard input says so too and ends the work.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  /** Sends an update unless the last one of the same phase was an instant ago; the end of a phase always goes out. */
  progress(update: ProgressUpdate): void {
    const now = performance.now();
    const last = this.#lastProgress;
    const isRepeat = last !== null && last.phase === update.phase &&
      now - last.at < PROGRESS_INTERVAL_MS && update.done < update.total;
    if (isRepeat) return;
    this.#lastProgress = { at: now, phase: update.phase };
    this.#lookAtMemory();
    this.send({ type: "progress", update });
  }

  /** The last message of a step that did its work. */
  end(result: StepResult): void {
    this.#lookAtMemory();
    const peakMemoryBytes = this.#peakMemoryBytes;
    this.send({ type: "ended", result, peakMemoryBytes });
  }

  #lookAtMemory(): void {
    const { rss } = Deno.memoryUsage();
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, rss);
  }

  #hearSignals(): void {
    // Ctrl-C reaches the whole process group, but only the runner decides.
    Deno.addSignalListener("SIGINT", () => {});
    if (Deno.build.os !== "windows") {
      Deno.addSignalListener("SIGTERM", () => this.#stop.abort());
      Deno.addSignalListener("SIGUSR1", () => this.#isCheckpointWanted = true);
    }
  }

  async #hearStop(lines: AsyncGenerator<string>): Promise<void> {
    for await (const line of lines) {
      const type = decodeParentLine(line)?.type;
      if (type === "stop") this.#stop.abort();
      else if (type === "checkpoint") this.#isCheckpointWanted = true;
    }
    this.#stop.abort();
    setTimeout(() => Deno.exit(1), ORPHAN_GRACE_MS);
  }
}
