// Declares `fluxline schema`.
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno task schema > pipelines/pipeline.schema.json
  deno task schema --schedules > pipelines/schedules.schema.json

Editors with YAML support find it by the first line of a file beside it:
  # yaml-language-server: $schema=pipeline.schema.json`;

/** Print the JSON Schema of pipeline files, for editors. */
export function addSchema({ program, terminal, finish }: CommandPlace): void {
  command(program, {
    name: "schema",
    summary: "Print the JSON Schema of pipeline files, for editors",
    examples: EXAMPLES,
  })
    .option("--schedules", "the schema of files of schedules")
    .option("--json", "print data, as it always does")
    .action(async (options) => {
      const { schemaCommand } = await import("../schema_command.ts");
      finish(await schemaCommand(options, terminal));
    });
}
