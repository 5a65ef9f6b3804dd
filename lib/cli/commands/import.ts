// Declares `fluxline import`.
import {
  requireProjectRead,
  requireWritePermission,
} from "../process_permission.ts";
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno task import fluxflow_output --to imported
  deno task import flxflow_final.safetensors tokenizer.json --to imported --json

Checks names, shapes and numbers of FluxFlow's weight files, writes them as 32-bit floats, and prints the
\`model\` section of a pipeline that starts from them with \`model_checkpoint: imported\`.`;

/** Make a folder of FluxFlow's weights from which a pipeline starts. */
export function addImport({ program, terminal, finish }: CommandPlace): void {
  command(program, {
    name: "import",
    summary: "Check FluxFlow's weights and start from them",
    examples: EXAMPLES,
  })
    .argument("<paths...>", "FluxFlow's output folder, or files of it")
    .requiredOption("--to <dir>", "folder to make; it must not exist")
    .option("--no-strict", "let names be missing, leave unexpected ones out")
    .option("--json", "print data")
    .action(async (paths, options) => {
      await requireProjectRead("import", terminal);
      await requireWritePermission("import", options.to);
      const { importCommand } = await import("../import_command.ts");
      finish(await importCommand(paths, options, terminal));
    });
}
