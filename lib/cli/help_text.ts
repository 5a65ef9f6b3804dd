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

/** Below the options of each command. */
export const COMMAND_EXAMPLES: Readonly<Record<string, string>> = {
  train: `
Examples:
  deno task train pipelines/spade.yaml
  deno task train pipelines/spade.yaml --set training.pipeline.defaults.batch_size=8
  deno task train pipelines/spade.yaml --from flow        redo flow and what needs it
  deno task train pipelines/spade.yaml --jobs 2           steps that do not need each other run together
  deno task train pipelines/spade.yaml --json > run.json`,
  plan: `
Examples:
  deno task plan
  deno task plan pipelines/spade.yaml --set seed=2        what a change would redo
  deno task plan pipelines/spade.yaml --force compare --json
  deno run cli.ts plan                                    asks once to read this folder`,
  validate: `
Examples:
  deno task validate
  deno task validate pipelines/spade.yaml --set seed=two`,
  status: `
Examples:
  deno task status
  deno task status pipelines/spade.yaml --json`,
  export: `
Examples:
  deno task export pipelines/spade.yaml flow --to exported
  deno task export pipelines/spade.yaml flow --to exported-last --weights raw --json

Writes flxflow_final.safetensors and text_encoder.safetensors, as far as the step has their parts.
A pipeline starts from them with \`model_checkpoint: exported\` at the top of its file.`,
  schema: `
Examples:
  deno run cli.ts schema > pipeline.schema.json

Then put this at the top of a pipeline file:
  # yaml-language-server: $schema=../pipeline.schema.json`,
  engine: `
Examples:
  deno run cli.ts engine
  deno run cli.ts engine --json`,
};
