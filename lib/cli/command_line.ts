// Arguments to commands. Commander reads and explains them; each command lives in a file of its own.
import {
  Command,
  CommanderError,
  InvalidArgumentError,
  Option,
} from "commander";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { chooseEngine, engineCommand } from "./engine_command.ts";
import { COMMAND_EXAMPLES, PROGRAM_HELP } from "./help_text.ts";
import {
  requireProjectRead,
  requireWritePermission,
} from "./process_permission.ts";
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

function buildProgram(
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
  addTrain(program, terminal, finish);
  addPlan(program, terminal, finish);
  addValidate(program, terminal, finish);
  addStatus(program, terminal, finish);
  addExport(program, terminal, finish);
  addSchema(program, terminal, finish);
  command(program, "engine", "Show the engines and which one is used")
    .option("--json", "print data")
    .action((options) => engineCommand(options, terminal));
  return program;
}

function addTrain(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  planned(
    command(program, "train", "Run a pipeline, or go on where it stopped"),
  )
    .argument("<file>", "the pipeline, a YAML file")
    .option("--jobs <n>", "steps at the same time", wholeNumber, 1)
    .option("--yes", "redo work that other runs share without asking")
    .option("--quiet", "print the summary only")
    .option(
      "--json",
      "print the summary as data; progress goes to standard error",
    )
    .action(async (file, { engine, ...options }) => {
      chooseEngine(engine);
      const { trainCommand } = await import("./train_command.ts");
      finish(await trainCommand(file, options, terminal));
    });
}

function addPlan(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  planned(
    command(program, "plan", "Show what would run, what is reused, and why"),
  )
    .argument("[files...]", "pipelines; all below pipelines/ when left out")
    .option("--json", "print data")
    .action(async (files, { engine, ...options }) => {
      chooseEngine(engine);
      await requireProjectRead("plan", terminal);
      const { planCommand } = await import("./plan_command.ts");
      finish(
        await planCommand(files, options, terminal),
      );
    });
}

function addValidate(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  command(program, "validate", "Check pipelines and report every problem")
    .argument("[files...]", "pipelines; all below pipelines/ when left out")
    .option(
      "--set <key=value>",
      "override a value; may be repeated",
      collect,
      [],
    )
    .option("--json", "print data")
    .action(async (files, options) => {
      await requireProjectRead("validate", terminal);
      const { validateCommand } = await import("./validate_command.ts");
      finish(await validateCommand(files, options, terminal));
    });
}

function addStatus(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  command(program, "status", "Show runs and their steps")
    .argument("[files...]", "pipelines; all runs when left out")
    .option("--runs <dir>", "folder of all runs", "runs")
    .option("--json", "print data")
    .action(async (files, options) => {
      await requireProjectRead("status", terminal);
      const { statusCommand } = await import("./status_command.ts");
      finish(await statusCommand(files, options, terminal));
    });
}

function addExport(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  command(program, "export", "Write a finished step's weights for FluxFlow")
    .argument("<file>", "the pipeline, a YAML file")
    .argument("<step>", "a step that trained")
    .requiredOption("--to <dir>", "folder to make; it must not exist")
    .addOption(
      new Option("--weights <which>", "averaged weights, or the last ones")
        .choices(["ema", "raw"]).default("ema"),
    )
    .option("--runs <dir>", "folder of all runs", "runs")
    .option(
      "--set <key=value>",
      "override a value; may be repeated",
      collect,
      [],
    )
    .option("--json", "print data")
    .action(async (file, step, options) => {
      await requireProjectRead("export", terminal);
      await requireWritePermission(options.to);
      const { exportCommand } = await import("./export_command.ts");
      finish(await exportCommand(file, step, options, terminal));
    });
}

function addSchema(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  command(
    program,
    "schema",
    "Print the JSON Schema of pipeline files, for editors",
  )
    .action(async () => {
      const { schemaCommand } = await import("./schema_command.ts");
      finish(await schemaCommand(terminal));
    });
}

function command(program: Command, name: string, summary: string): Command {
  return program.command(name).description(summary)
    .option("--no-color", "print without colours")
    .addHelpText("after", COMMAND_EXAMPLES[name] ?? "");
}

/** Options that decide what a plan looks like; `train` follows the same plan. */
function planned(command: Command): Command {
  return command
    .option("--runs <dir>", "folder of all runs", "runs")
    .option("--engine <name>", "auto, wasm, tensorflow or webgpu", "auto")
    .option(
      "--set <key=value>",
      "override a value; may be repeated",
      collect,
      [],
    )
    .option("--from <step>", "redo a step and all that need it", collect, [])
    .option("--force <step>", "redo a step", collect, []);
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new InvalidArgumentError("Wanted a whole number from 1 to 64");
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
