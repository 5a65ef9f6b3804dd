// Declares `fluxline engine` and its subcommands.
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno task engine                            what is there, and what auto takes
  deno task engine install                    fetch TensorFlow's library, for CPUs
  deno task engine install --gpu --version 2.21.0
  deno task engine install --from wheels/     from a folder of wheels
  deno task engine doctor                     one training step on each engine that is there`;

/** Show the engines, install the native one, try each. */
export function addEngine(place: CommandPlace): void {
  const { program, terminal } = place;
  const engine = command(program, {
    name: "engine",
    summary: "Show the engines, install the native one, try each",
    examples: EXAMPLES,
  });
  engine.command("list", { isDefault: true })
    .description("Show the engines and which one auto takes")
    .option("--json", "print data")
    .action(async (options) => {
      const { engineListCommand } = await import("../engine_list_command.ts");
      engineListCommand(options, terminal);
    });
  addInstall(engine, place);
  addDoctor(engine, place);
}

function addInstall(
  engine: CommandPlace["program"],
  { terminal }: CommandPlace,
): void {
  engine.command("install")
    .description("Fetch TensorFlow's C library into the user's cache folder")
    .option("--gpu", "the build for NVIDIA GPUs")
    .option("--version <version>", "such as 2.21.0; the newest when left out")
    .option("--from <wheel>", "a wheel, or a folder of wheels")
    .option("--index <url>", "package index; PIP_INDEX_URL when left out")
    .option("--json", "print data")
    .action(async (options) => {
      const { engineInstallCommand } = await import(
        "../engine_install_command.ts"
      );
      await engineInstallCommand(options, terminal);
    });
}

function addDoctor(
  engine: CommandPlace["program"],
  { terminal, finish }: CommandPlace,
): void {
  engine.command("doctor")
    .description("Run a training step on each engine that is there")
    .option("--engine <name>", "tensorflow, webgpu or wasm; all when left out")
    .option("--gpu", "refuse to compute without a GPU")
    .option("--json", "print data")
    .action(async (options) => {
      const { engineDoctorCommand } = await import(
        "../engine_doctor_command.ts"
      );
      finish(await engineDoctorCommand(options, terminal));
    });
}
