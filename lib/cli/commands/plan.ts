// Declares `fluxline plan`.
import { Option } from "commander";
import { requireProjectRead } from "../process_permission.ts";
import {
  cellCount,
  command,
  type CommandPlace,
  planned,
} from "./command_options.ts";
import { engineWish, withEngine } from "./engine_options.ts";

const EXAMPLES = `\
  deno task plan
  deno task plan pipelines/spade.yaml --set seed=2        what a change would redo
  deno task plan pipelines/spade.yaml --force compare --json
  deno task estimate pipelines/spade.yaml                 plan --estimate: measure a batch of each new step
  deno task plan pipelines/spade.yaml --resolved          every value, and where it comes from
  deno task plan pipelines/spade.yaml --dot | dot -Tsvg > plan.svg
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
    .option(
      "--seeds <n>",
      "plan it once per seed, counted from the pipeline's own",
      cellCount,
    )
    .option("--json", "print data")
    .option(
      "--resolved",
      "print the pipeline after merging, with the origin of every value",
    )
    .addOption(
      new Option(
        "--estimate",
        "measure one batch of each train step that nothing is known of",
      ).conflicts(["resolved", "dot", "mermaid"]),
    )
    .addOption(
      new Option("--dot", "print the graph for Graphviz").conflicts([
        ...["json", "resolved", "mermaid"],
      ]),
    )
    .addOption(
      new Option("--mermaid", "print the graph for Mermaid").conflicts([
        ...["json", "resolved"],
      ]),
    )
    .action(async (files, { dot, mermaid, ...values }) => {
      const options = {
        ...{ ...values, engine: engineWish(values) },
        ...(dot === true ? { diagram: "dot" as const } : {}),
        ...(mermaid === true ? { diagram: "mermaid" as const } : {}),
      };
      await requireProjectRead("plan", terminal);
      const { planCommand } = await import("../plan_command.ts");
      finish(await planCommand(files, options, terminal));
    });
}
