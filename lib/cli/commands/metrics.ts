// Declares `fluxline metrics`.
import { Option } from "commander";
import { requireProjectRead } from "../process_permission.ts";
import { command, type CommandPlace, withRuns } from "./command_options.ts";

const EXAMPLES = `\
  deno task metrics vae_warmup                    of the run that changed last
  deno task metrics flow --run spade --csv > flow.csv
  deno task metrics --run spade --csv             of all steps, which a column names
  deno task metrics flow --run spade --json`;

/** Print every metric row of a step, or of all. */
export function addMetrics({ program, terminal, finish }: CommandPlace): void {
  withRuns(
    command(program, {
      name: "metrics",
      summary: "Print every metric row of a step, or of all",
      examples: EXAMPLES,
    })
      .argument("[step]", "a step of the run; all when left out"),
  )
    .option("--run <name>", "name of the run; the last one when left out")
    .option("--csv", "print comma-separated values")
    .addOption(new Option("--json", "print data").conflicts("csv"))
    .action(async (step, options) => {
      await requireProjectRead("metrics", terminal);
      const { metricsCommand } = await import("../metrics_command.ts");
      finish(await metricsCommand(step, options, terminal));
    });
}
