// Declares `fluxline init`.
import { requireWritePermission } from "../process_permission.ts";
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno task init                              writes pipelines/first.yaml
  deno task init pipelines/faces.yaml`;

/** Write a pipeline to begin with. */
export function addInit({ program, terminal, finish }: CommandPlace): void {
  command(program, {
    name: "init",
    summary: "Write a commented pipeline that trains as it is",
    examples: EXAMPLES,
  })
    .argument("[file]", "the file to write", "pipelines/first.yaml")
    .option("--json", "print data")
    .action(async (file, options) => {
      await requireWritePermission("init", file);
      const { initCommand } = await import("../init_command.ts");
      finish(await initCommand(file, options, terminal));
    });
}
