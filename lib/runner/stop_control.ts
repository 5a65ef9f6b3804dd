// One way to abort a run: the first signal asks every step to save and leave, a second one ends them now.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { StoppedError } from "../error/failure.ts";

/** Signals that stop a run. */
export type StopSignal = "SIGINT" | "SIGTERM";

// `deno task` and `npx` pass a signal on that the terminal has already sent to everybody: an echo, not a second wish.
const ECHO_MS = 500;

/** Whether, and how urgently, a run should stop. */
export class StopControl {
  readonly #asked = new AbortController();
  readonly #forced = new AbortController();
  #cause: StopSignal | null = null;
  #askedAt = 0;

  /** Aborted by the first request: save and leave. */
  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /** Aborted by the second request: leave now. */
  get forced(): AbortSignal {
    return this.#forced.signal;
  }

  /** The first request; null while there was none. */
  get cause(): StopSignal | null {
    return this.#cause;
  }

  /** Exit code of a run that the request has ended. */
  get exitCode(): ExitCode {
    return this.#cause === "SIGTERM"
      ? EXIT_CODE.terminated
      : EXIT_CODE.interrupted;
  }

  /** Whether `error` says no more than that something was left off because of the request. */
  explains(error: unknown): boolean {
    return this.asked.aborted && error instanceof DOMException &&
      error.name === "AbortError";
  }

  /** The failure of a command that the request has ended with nothing to go on from; `text` says what is not there. */
  stopped(text: string): StoppedError {
    return new StoppedError(this.#cause ?? "SIGTERM", `Stopped: ${text}`, {
      hint: "Run the same command again",
    });
  }

  /** Leave now, whatever was asked before. */
  force(): void {
    this.#asked.abort();
    this.#forced.abort();
  }

  request(signal: StopSignal): void {
    const now = performance.now();
    if (this.#cause === null) {
      this.#cause = signal;
      this.#askedAt = now;
      this.#asked.abort();
    } else if (now - this.#askedAt > ECHO_MS) {
      this.#forced.abort();
    }
  }
}

/** Turns this process's SIGINT and SIGTERM into requests until it is disposed of. */
export function listenForSignals(stop: StopControl): Disposable {
  const listeners: [Deno.Signal, () => void][] = [
    ["SIGINT", () => stop.request("SIGINT")],
  ];
  if (Deno.build.os !== "windows") {
    listeners.push(["SIGTERM", () => stop.request("SIGTERM")]);
  }
  for (const [signal, listener] of listeners) {
    Deno.addSignalListener(signal, listener);
  }
  return {
    [Symbol.dispose]: () => {
      for (const [signal, listener] of listeners) {
        Deno.removeSignalListener(signal, listener);
      }
    },
  };
}
