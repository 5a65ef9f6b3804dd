// Declares `fluxline train`.
import { InvalidArgumentError, Option } from "commander";
import { EXECUTORS } from "../../catalog/executor_options.ts";
import { LONGEST_WAIT_MS, parseDurationMs } from "../../clock/duration.ts";
import { runnerDisk, testDisk } from "../../disk/disk_test.ts";
import {
  cellCount,
  command,
  type CommandPlace,
  planned,
  wholeNumber,
} from "./command_options.ts";
import { engineWish, withEngine } from "./engine_options.ts";

const EXAMPLES = `\
  deno task train pipelines/spade.yaml
  deno task train pipelines/spade.yaml --set training.pipeline.defaults.batch_size=8
  deno task train pipelines/spade.yaml --from flow        redo flow and what needs it
  deno task train pipelines/spade.yaml --wait 2h          another runner is waited for
  deno task train pipelines/spade.yaml --executor slurm   each step becomes a job; add --wait to follow them
  deno task train pipelines/spade.yaml --jobs 2           steps that do not need each other run together
  deno task train pipelines/spade.yaml --seeds 5          the whole run once per seed, and a verdict over all of them
  deno task train pipelines/spade.yaml --json > run.json

While it runs, \`kill -USR1 <process>\` or \`touch runs/<run>/checkpoint-now\` makes the steps save and go on.`;

/** Run a pipeline, or go on where it stopped. */
export function addTrain({ program, terminal, finish }: CommandPlace): void {
  withEngine(planned(
    command(program, {
      name: "train",
      summary: "Run a pipeline, or go on where it stopped",
      examples: EXAMPLES,
    }),
  ))
    .argument("<file>", "the pipeline, a YAML file")
    .option("--jobs <n>", "steps at the same time", wholeNumber, 1)
    .option(
      "--wait [duration]",
      "wait for others who work on the run, another runner or its jobs, such as 30min; as long as it takes where no time is given",
      waitingTime,
    )
    .addOption(
      new Option("--executor <name>", "where steps run").choices(EXECUTORS)
        .default("local"),
    )
    .option(
      "--seeds <n>",
      "run it once per seed, counted from the pipeline's own",
      cellCount,
    )
    .option("--fail-fast", "end with the first cell of a matrix that fails")
    .option("--only <step>", "run one step, beside processes that run others")
    .option("--yes", "redo work that other runs share without asking")
    .option(
      "--ignore-free-space",
      "start although checkpoints may take more than is free",
    )
    .option("--quiet", "print the summary only")
    .option(
      "--json",
      "print the summary as data; progress goes to standard error",
    )
    .addOption(
      new Option("--disk-test <json>", "let the disk fail at one operation")
        .hideHelp(),
    )
    .action(async (file, { diskTest, wait, ...values }) => {
      const options = {
        ...values,
        engine: engineWish(values),
        ...(wait === undefined
          ? {}
          : { wait: wait === true ? LONGEST_WAIT_MS : wait }),
      };
      if (diskTest !== undefined) {
        testDisk(runnerDisk(JSON.parse(diskTest)));
      }
      const { trainCommand } = await import("../train_command.ts");
      finish(await trainCommand(file, options, terminal));
    });
}

function waitingTime(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError("Wanted a duration such as 90s, 30min or 2h");
}
