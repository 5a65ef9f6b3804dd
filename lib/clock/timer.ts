// Timers of any length: one of the system's holds 24 days, and fires at once where it is told to wait longer.

const LONGEST_MS = 2 ** 31 - 1;

/** Calls `act` after `ms`, unless it is disposed of before. */
export function startTimer(ms: number, act: () => void): Disposable {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (leftMs: number) => {
    const turnMs = Math.min(leftMs, LONGEST_MS);
    timer = setTimeout(
      () => leftMs > turnMs ? wait(leftMs - turnMs) : act(),
      turnMs,
    );
  };
  wait(ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
