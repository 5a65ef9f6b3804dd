// What the commands share: how one is declared, and options that several of them take.
import { type Command, InvalidArgumentError } from "commander";
import { HIGHEST_SEED, MOST_CELLS } from "../../catalog/matrix_options.ts";
import type { ExitCode } from "../../error/exit_code.ts";
import { UsageError } from "../../error/failure.ts";
import { didYouMean } from "../../source/suggestion.ts";
import type { Terminal } from "../terminal.ts";

/** Where a command is declared: the program, what it prints on, and where its exit code goes. */
export interface CommandPlace {
  readonly program: Command;
  readonly terminal: Terminal;
  readonly finish: (code: ExitCode) => void;
}

/** Declares one command: its arguments, its options and what it runs. */
export type AddCommand = (place: CommandPlace) => void;

/** Name, one-line summary and examples of a command, as `--help` prints them. */
export interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** Shown below the options of the command. */
  readonly examples: string;
}

/** Starts a command of `program`. */
export function command(program: Command, text: CommandText): Command {
  return program.command(text.name).description(text.summary)
    .option("--no-color", "print without colours")
    .addHelpText("after", `\nExamples:\n${text.examples}`);
}

/** A word that is none of the subcommands of `parent`. */
export function unknownSubcommand(
  written: string,
  parent: Command,
): UsageError {
  const known = parent.commands.map((one) => one.name());
  return new UsageError(
    `Cannot run "fluxline ${parent.name()} ${written}": there is no such subcommand${
      didYouMean(written, known)
    }`,
    { hint: `Subcommands are ${known.join(", ")}` },
  );
}

/** Where runs are. */
export function withRuns(command: Command): Command {
  return command.option("--runs <dir>", "folder of all runs", "runs");
}

/** Overrides of the pipeline's values. */
export function withOverrides(command: Command): Command {
  return command.option(
    "--set <key=value>",
    "override a value; may be repeated",
    collect,
    [],
  ).option("--cell <name>", "one cell of the pipeline's matrix");
}

/** Options that decide what a plan looks like; `train` follows the same plan. */
export function planned(command: Command): Command {
  return withOverrides(withRuns(command))
    .option("--from <step>", "redo a step and all that need it", collect, [])
    .option("--force <step>", "redo a step", collect, []);
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** A seed, or another whole number from 0 on. */
export function seedNumber(text: string): number {
  return numberIn(text, { least: 0, most: HIGHEST_SEED });
}

/** How many cells, or seeds. */
export function cellCount(text: string): number {
  return numberIn(text, { least: 1, most: MOST_CELLS });
}

/** A whole number from 1 to 64. */
export function wholeNumber(text: string): number {
  return numberIn(text, { least: 1, most: 64 });
}

/** A whole number in decimal digits, both ends included. */
export function numberIn(
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(
    `Wanted a whole number from ${least} to ${most}`,
  );
}
