// Declares `fluxline engine`.
import { engineCommand } from "../engine_command.ts";
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno run cli.ts engine
  deno run cli.ts engine --json`;

/** Show the engines and which one is used. */
export function addEngine({ program, terminal }: CommandPlace): void {
  command(program, {
    name: "engine",
    summary: "Show the engines and which one is used",
    examples: EXAMPLES,
  })
    .option("--json", "print data")
    .action((options) => engineCommand(options, terminal));
}
