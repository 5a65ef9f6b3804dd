// The one table of process exit codes; README.md prints the same table and a test compares the two.

/** Exit codes of every fluxline command, by meaning. */
export const EXIT_CODE = {
  done: 0,
  defect: 1,
  usage: 2,
  refused: 3,
  stepFailed: 4,
  locked: 5,
  storedState: 6,
  timedOut: 124,
  interrupted: 130,
  terminated: 143,
} as const;

/** One of the values of {@linkcode EXIT_CODE}. */
export type ExitCode = typeof EXIT_CODE[keyof typeof EXIT_CODE];
