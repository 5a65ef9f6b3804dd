// Declares `fluxline sweep`.
import { Option } from "commander";
import { EXECUTORS } from "../../catalog/executor_options.ts";
import {
  cellCount,
  command,
  type CommandPlace,
  seedNumber,
  wholeNumber,
  withOverrides,
  withRuns,
} from "./command_options.ts";
import { engineWish, withEngine } from "./engine_options.ts";

const EXAMPLES = `\
  deno task sweep pipelines/spade.yaml --set training.pipeline.steps.flow.batch_size=4,8 --seeds 3
  deno task sweep pipelines/spade.yaml --seeds 5          the same options with five seeds
  deno task sweep FILE --set 'training.pipeline.defaults.lr={from: 1e-4, to: 1e-2, count: 5, scale: log}'
  deno task sweep FILE --set 'training.pipeline.defaults.lr={from: 1e-4, to: 1e-2, scale: log}' --search random --budget 12
  deno task sweep FILE --search halving --budget 26 --resource training.pipeline.steps.vae.n_epochs --resource-from 1 --resource-to 9 --set ...

Values in a row make an axis, beside those of the file's \`matrix\`; docs/experiments.md tells how results are judged.`;

/** Run a pipeline once per combination of values. */
export function addSweep({ program, terminal, finish }: CommandPlace): void {
  withEngine(withOverrides(withRuns(
    command(program, {
      name: "sweep",
      summary: "Run a pipeline once per combination of values and seeds",
      examples: EXAMPLES,
    }),
  )))
    .argument("<file>", "the pipeline, a YAML file")
    .option("--seeds <n>", "each combination once per seed", cellCount)
    .option("--metric <step.metric>", "what cells are ranked by")
    .addOption(
      new Option("--direction <way>", "which way the metric is better")
        .choices(["lower", "higher"]),
    )
    .addOption(
      new Option("--search <type>", "draw cells instead of running all")
        .choices(["random", "halving"]),
    )
    .option("--budget <n>", "most cells of a search", cellCount)
    .option("--search-seed <n>", "seed of the draws", seedNumber, 0)
    .option("--resource <path>", "halving: the option that says how long")
    .option("--resource-from <n>", "halving: in the first round", seedNumber)
    .option("--resource-to <n>", "halving: in the last round", seedNumber)
    .option("--keep-one-in <n>", "halving: how many go on", wholeNumber, 3)
    .option(
      "--jobs <n>",
      "steps at the same time, over all cells",
      wholeNumber,
      1,
    )
    .addOption(
      new Option("--executor <name>", "where steps run").choices(EXECUTORS)
        .default("local"),
    )
    .option("--fail-fast", "end with the first cell that fails")
    .option("--quiet", "print the table only")
    .option("--json", "print data; progress goes to standard error")
    .action(async (file, values) => {
      const engine = engineWish(values);
      const options = { ...values, engine, force: [], from: [] };
      const { sweepCommand } = await import("../sweep_command.ts");
      finish(await sweepCommand(file, options, terminal));
    });
}
