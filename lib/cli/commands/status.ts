// Declares `fluxline status`.
import { requireProjectRead } from "../process_permission.ts";
import { command, type CommandPlace, withRuns } from "./command_options.ts";

const EXAMPLES = `\
  deno task status
  deno task status pipelines/spade.yaml --json
  deno task status -f                                 live, until the run that changed last has ended`;

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
    .option(
      "-f, --follow",
      "follow one run until nobody works on it; the exit code is then 0 where every step is done, else 4",
    )
    .option("--json", "print data; with --follow a line for each change")
    .action(async (files, options) => {
      await requireProjectRead("status", terminal);
      if (options.follow === true) {
        const { followStatus } = await import("../status_follow.ts");
        return finish(await followStatus(files, options, terminal));
      }
      const { statusCommand } = await import("../status_command.ts");
      finish(await statusCommand(files, options, terminal));
    });
}
