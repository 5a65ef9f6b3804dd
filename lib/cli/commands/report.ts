// Declares `fluxline report`.
import {
  requireProjectRead,
  requireWritePermission,
} from "../process_permission.ts";
import { command, type CommandPlace, withRuns } from "./command_options.ts";

const EXAMPLES = `\
  deno task report                    the run that changed last
  deno task report spade

Every run writes the page when it ends; this writes it again from what lies on disk.`;

/** Write the page about a run. */
export function addReport({ program, terminal, finish }: CommandPlace): void {
  withRuns(
    command(program, {
      name: "report",
      summary: "Write the page about a run: verdict, curves, pictures, origins",
      examples: EXAMPLES,
    })
      .argument(
        "[run]",
        "name of the run or matrix; the last run when left out",
      ),
  )
    .option("--json", "print data")
    .action(async (run, options) => {
      await requireProjectRead("report", terminal);
      await requireWritePermission("report", options.runs);
      const { reportCommand } = await import("../report_command.ts");
      finish(await reportCommand(run, options, terminal));
    });
}
