// Declares `fluxline logs`.
import { requireProjectRead } from "../process_permission.ts";
import { command, type CommandPlace, withRuns } from "./command_options.ts";

const EXAMPLES = `\
  deno task logs vae_warmup              of the run that changed last
  deno task logs flow --run spade -f     until the step is over`;

/** Print the log of a step's last attempt. */
export function addLogs({ program, terminal, finish }: CommandPlace): void {
  withRuns(
    command(program, {
      name: "logs",
      summary: "Print the log of a step's last attempt",
      examples: EXAMPLES,
    })
      .argument("<step>", "a step of the run"),
  )
    .option("--run <name>", "name of the run; the last one when left out")
    .option("-f, --follow", "go on until the step is over")
    .option("--json", "print one JSON object per line of the log")
    .action(async (step, options) => {
      await requireProjectRead("logs", terminal);
      const { logsCommand } = await import("../logs_command.ts");
      finish(await logsCommand(step, options, terminal));
    });
}
