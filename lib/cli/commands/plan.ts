// Declares `fluxline plan`.
import { requireProjectRead } from "../process_permission.ts";
import { command, type CommandPlace, planned } from "./command_options.ts";
import { engineWish, withEngine } from "./engine_options.ts";

const EXAMPLES = `\
  deno task plan
  deno task plan pipelines/spade.yaml --set seed=2        what a change would redo
  deno task plan pipelines/spade.yaml --force compare --json
  deno task plan pipelines/spade.yaml --resolved          every value, and where it comes from
  deno run cli.ts plan                                    asks once to read this folder`;

/** Show what would run, what is reused, and why. */
export function addPlan({ program, terminal, finish }: CommandPlace): void {
  withEngine(planned(
    command(program, {
      name: "plan",
      summary: "Show what would run, what is reused, and why",
      examples: EXAMPLES,
    }),
  ))
    .argument("[files...]", "pipelines; all below pipelines/ when left out")
    .option("--json", "print data")
    .option(
      "--resolved",
      "print the pipeline after merging, with the origin of every value",
    )
    .action(async (files, values) => {
      const options = { ...values, engine: engineWish(values) };
      await requireProjectRead("plan", terminal);
      const { planCommand } = await import("../plan_command.ts");
      finish(await planCommand(files, options, terminal));
    });
}
