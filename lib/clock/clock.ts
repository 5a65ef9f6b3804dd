// Time as a value that a test can replace.
import { startTimer } from "./timer.ts";

/** Where time comes from. */
export interface Clock {
  now(): Date;
  /** Milliseconds since an arbitrary start; never goes back. */
  elapsedMs(): number;
  /** Waits; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  sleep: systemSleep,
};

/** A clock that stands still until {@linkcode FakeClock.advance} moves it. */
export class FakeClock implements Clock {
  #timeMs: number;
  #sleepers: { readonly wakeAt: number; readonly wake: () => void }[] = [];

  constructor(start: Date = new Date(0)) {
    this.#timeMs = start.getTime();
  }

  now(): Date {
    return new Date(this.#timeMs);
  }

  elapsedMs(): number {
    return this.#timeMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { wakeAt: this.#timeMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      }, { once: true });
    });
  }

  /** Moves time and wakes, in order, who has slept long enough. */
  advance(ms: number): void {
    this.#timeMs += ms;
    const due = this.#sleepers.filter((sleeper) =>
      sleeper.wakeAt <= this.#timeMs
    )
      .sort((left, right) => left.wakeAt - right.wakeAt);
    this.#sleepers = this.#sleepers.filter((sleeper) =>
      sleeper.wakeAt > this.#timeMs
    );
    for (const sleeper of due) sleeper.wake();
  }
}

function systemSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const wake = () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const timer = startTimer(ms, wake);
    const stop = () => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
