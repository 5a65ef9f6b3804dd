// Declares `fluxline train`.
import { Option } from "commander";
import { runnerDisk, testDisk } from "../../disk/disk_test.ts";
import { chooseEngine } from "../engine_command.ts";
import {
  command,
  type CommandPlace,
  planned,
  wholeNumber,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task train pipelines/spade.yaml
  deno task train pipelines/spade.yaml --set training.pipeline.defaults.batch_size=8
  deno task train pipelines/spade.yaml --from flow        redo flow and what needs it
  deno task train pipelines/spade.yaml --jobs 2           steps that do not need each other run together
  deno task train pipelines/spade.yaml --json > run.json`;

/** Run a pipeline, or go on where it stopped. */
export function addTrain({ program, terminal, finish }: CommandPlace): void {
  planned(
    command(program, {
      name: "train",
      summary: "Run a pipeline, or go on where it stopped",
      examples: EXAMPLES,
    }),
  )
    .argument("<file>", "the pipeline, a YAML file")
    .option("--jobs <n>", "steps at the same time", wholeNumber, 1)
    .option("--yes", "redo work that other runs share without asking")
    .option("--quiet", "print the summary only")
    .option(
      "--json",
      "print the summary as data; progress goes to standard error",
    )
    .addOption(
      new Option("--disk-test <json>", "let the disk fail at one operation")
        .hideHelp(),
    )
    .action(async (file, { engine, diskTest, ...options }) => {
      chooseEngine(engine);
      if (diskTest !== undefined) {
        testDisk(runnerDisk(JSON.parse(diskTest)));
      }
      const { trainCommand } = await import("../train_command.ts");
      finish(await trainCommand(file, options, terminal));
    });
}
