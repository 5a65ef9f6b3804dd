// The part of --help that teaches: examples, in the order in which a newcomer needs them.

/** Below the list of commands. */
export const PROGRAM_HELP = `
First steps:
  deno task plan                              what would run, and why
  deno task train pipelines/quick.yaml        run a small pipeline to its end
  deno task train pipelines/quick.yaml        again: nothing is left to do
  deno task status                            what has been run

Stop a run with Ctrl-C, or lose the machine: the same command continues it.
\`fluxline <command> --help\` shows the options of a command, with examples.

Exit codes:
  0 done or nothing to do   2 wrong command line     3 pipeline, data or engine refused
  4 a step failed           5 run is locked          6 stored state refused
  124 timed out             130, 143 interrupted     1 a defect of fluxline`;
