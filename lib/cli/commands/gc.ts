// Declares `fluxline gc`.
import { requireProjectRead } from "../process_permission.ts";
import { command, type CommandPlace, withRuns } from "./command_options.ts";

const EXAMPLES = `\
  deno task gc                 only shows
  deno task gc --yes           removes`;

/** Show, or remove, what no run refers to. */
export function addGc({ program, terminal, finish }: CommandPlace): void {
  withRuns(
    command(program, {
      name: "gc",
      summary: "Show or remove stored work that no run refers to",
      examples: EXAMPLES,
    }),
  )
    .option("--yes", "remove; without it nothing is changed")
    .option("--json", "print data")
    .action(async (options) => {
      await requireProjectRead("gc", terminal);
      const { gcCommand } = await import("../gc_command.ts");
      finish(await gcCommand(options, terminal));
    });
}
