// Declares `fluxline status`.
import { requireProjectRead } from "../process_permission.ts";
import { command, type CommandPlace, withRuns } from "./command_options.ts";

const EXAMPLES = `\
  deno task status
  deno task status pipelines/spade.yaml --json`;

/** Show runs and their steps. */
export function addStatus({ program, terminal, finish }: CommandPlace): void {
  withRuns(
    command(program, {
      name: "status",
      summary: "Show runs and their steps",
      examples: EXAMPLES,
    })
      .argument("[files...]", "pipelines; all runs when left out"),
  )
    .option("--json", "print data")
    .action(async (files, options) => {
      await requireProjectRead("status", terminal);
      const { statusCommand } = await import("../status_command.ts");
      finish(await statusCommand(files, options, terminal));
    });
}
