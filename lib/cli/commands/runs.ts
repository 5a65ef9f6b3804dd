// Declares `fluxline runs` and its subcommands.
import type { Command } from "commander";
import {
  requireProjectRead,
  requireWritePermission,
} from "../process_permission.ts";
import {
  collect,
  command,
  type CommandPlace,
  unknownSubcommand,
  withRuns,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task runs                                          all runs, the newest first
  deno task runs list --where "recon_l1<0.05" --sort -psnr --columns flow.lr,seed
  deno task runs list --where state=failed --where "time>2h" --json
  deno task runs show spade
  deno task runs compare spade spade_wide --html compared.html
  deno task runs rename spade spade_2026
  deno task runs rm spade_2026`;

/** List, show, compare, rename and remove runs. */
export function addRuns(place: CommandPlace): void {
  const runs = command(place.program, {
    name: "runs",
    summary: "List, show, compare, rename and remove runs",
    examples: EXAMPLES,
  });
  addList(runs, place);
  addShow(runs, place);
  addCompare(runs, place);
  addChanges(runs, place);
}

function addList(runs: Command, { terminal, finish }: CommandPlace): void {
  part(runs, "list", "List runs, filtered and sorted by metrics and options", {
    isDefault: true,
  })
    .argument("[subcommand]")
    .option(
      "--where <condition>",
      "only runs that meet it, such as psnr>20; may be repeated",
      collect,
      [],
    )
    .option(
      "--sort <field>",
      "sort by a field, with - in front the greatest first; may be repeated",
      collect,
      [],
    )
    .option("--columns <names>", "fields to show, with commas between them")
    .option("--rebuild", "read every folder again")
    .action(async (written, options) => {
      if (written !== undefined) throw unknownSubcommand(written, runs);
      await requireProjectRead("runs", terminal);
      const { listRunsCommand } = await import("../runs_list_command.ts");
      finish(await listRunsCommand(options, terminal));
    });
}

function addShow(runs: Command, { terminal, finish }: CommandPlace): void {
  part(runs, "show", "Show a run: steps, metrics, options that were written")
    .argument("[run]", "name of the run; the last one when left out")
    .action(async (run, options) => {
      await requireProjectRead("runs", terminal);
      const { showRunCommand } = await import("../runs_show_command.ts");
      finish(await showRunCommand(run, options, terminal));
    });
}

function addCompare(runs: Command, { terminal, finish }: CommandPlace): void {
  part(runs, "compare", "Compare two runs: options, metrics, curves")
    .argument("<a>", "name of a run")
    .argument("<b>", "name of another")
    .option("--step <name>", "draw the curves of this step")
    .option("--metric <name>", "draw the curves of this metric")
    .option("--html <file>", "write a page with every curve")
    .action(async (a, b, options) => {
      await requireProjectRead("runs", terminal);
      if (options.html !== undefined) {
        await requireWritePermission("runs", options.html);
      }
      const { compareRunsCommand } = await import("../runs_compare_command.ts");
      finish(await compareRunsCommand([a, b], options, terminal));
    });
}

function addChanges(runs: Command, { terminal, finish }: CommandPlace): void {
  part(runs, "rename", "Give a run another name")
    .argument("<run>", "name of the run")
    .argument("<name>", "its new name")
    .action(async (run, name, options) => {
      await requireProjectRead("runs", terminal);
      await requireWritePermission("runs", options.runs);
      const { renameRunCommand } = await import("../runs_change_command.ts");
      finish(await renameRunCommand(run, name, options, terminal));
    });
  part(runs, "rm", "Remove runs; what their steps made stays until gc")
    .argument("<runs...>", "names of runs")
    .action(async (names, options) => {
      await requireProjectRead("runs", terminal);
      await requireWritePermission("runs", options.runs);
      const { removeRunsCommand } = await import("../runs_change_command.ts");
      finish(await removeRunsCommand(names, options, terminal));
    });
}

function part(
  runs: Command,
  name: string,
  summary: string,
  options: { readonly isDefault?: boolean } = {},
): Command {
  return withRuns(runs.command(name, options).description(summary))
    .option("--json", "print data")
    .option("--no-color", "print without colours");
}
