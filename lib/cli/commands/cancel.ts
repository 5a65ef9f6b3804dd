// Declares `fluxline cancel`.
import { requireProjectRead } from "../process_permission.ts";
import {
  command,
  type CommandPlace,
  withOverrides,
  withRuns,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task cancel pipelines/spade.yaml     its jobs save and leave; \`train\` goes on from there

A run on this machine is ended by Ctrl-C, or SIGTERM to its process.`;

/** End the jobs of a run. */
export function addCancel({ program, terminal, finish }: CommandPlace): void {
  withOverrides(withRuns(
    command(program, {
      name: "cancel",
      summary: "End the jobs of a run on a cluster",
      examples: EXAMPLES,
    }).argument("<file>", "the pipeline, a YAML file"),
  ))
    .option("--json", "print data")
    .action(async (file, options) => {
      await requireProjectRead("cancel", terminal);
      const { cancelCommand } = await import("../cancel_command.ts");
      finish(await cancelCommand(file, options, terminal));
    });
}
