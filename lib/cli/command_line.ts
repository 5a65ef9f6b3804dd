// Arguments to commands. Commander reads and explains them; each command is declared in a file of commands/.
import { Command, CommanderError } from "commander";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { EVERY_COMMAND } from "./commands/every_command.ts";
import { PROGRAM_HELP } from "./help_text.ts";
import { showFailure } from "./show_failure.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Runs the command that the arguments name and answers the exit code of the process. */
export async function runCommandLine(
  args: readonly string[],
): Promise<ExitCode> {
  const terminal = processTerminal({ color: !args.includes("--no-color") });
  let exitCode: ExitCode = EXIT_CODE.done;
  const program = buildProgram(terminal, (code) => exitCode = code);
  try {
    if (args.length === 0) {
      throw new UsageError("Cannot run: no command is named", {
        hint:
          "Name one, for example `fluxline plan`; `fluxline --help` lists them",
      });
    }
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return showFailure(error, terminal);
    if (error.exitCode === 0) return EXIT_CODE.done;
    return showFailure(asUsageError(error), terminal);
  }
}

/** The tree of commands; `finish` takes the exit code of the one that runs. */
export function buildProgram(
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): Command {
  const program = new Command("fluxline")
    .description(
      "Runs multi-step training pipelines: plan, train, resume, compare",
    )
    .option("--no-color", "print without colours")
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => terminal.out(text.replace(/\n$/, "")),
      // The error itself is shown once, in one style, by the caller.
      writeErr: () => {},
    })
    .addHelpText("after", PROGRAM_HELP);
  for (const add of EVERY_COMMAND) add({ program, terminal, finish });
  return program;
}

/** Commander's own words in our form: its suggestion becomes the hint. */
function asUsageError(error: CommanderError): UsageError {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split(
    "\n",
  );
  const message = first.charAt(0).toUpperCase() +
    first.slice(1).replace(/\.$/, "");
  const suggestion = rest.join(" ").trim().replace(/^\((.*)\)$/, "$1");
  return new UsageError(message.replaceAll("'", '"'), {
    hint: suggestion === ""
      ? "`fluxline --help` lists commands, `fluxline <command> --help` their options"
      : suggestion,
  });
}
