// Declares `fluxline schema`.
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno run cli.ts schema > pipeline.schema.json

Then put this at the top of a pipeline file:
  # yaml-language-server: $schema=../pipeline.schema.json`;

/** Print the JSON Schema of pipeline files, for editors. */
export function addSchema({ program, terminal, finish }: CommandPlace): void {
  command(program, {
    name: "schema",
    summary: "Print the JSON Schema of pipeline files, for editors",
    examples: EXAMPLES,
  })
    .action(async () => {
      const { schemaCommand } = await import("../schema_command.ts");
      finish(await schemaCommand(terminal));
    });
}
