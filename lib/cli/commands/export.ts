// Declares `fluxline export`.
import { Option } from "commander";
import {
  requireProjectRead,
  requireWritePermission,
} from "../process_permission.ts";
import {
  command,
  type CommandPlace,
  withOverrides,
  withRuns,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task export pipelines/spade.yaml flow --to exported
  deno task export pipelines/spade.yaml flow --to exported-last --weights raw --json

Writes flxflow_final.safetensors and text_encoder.safetensors, as far as the step has their parts.
A pipeline starts from them with \`model_checkpoint: exported\` at the top of its file.`;

/** Write a finished step's weights for FluxFlow. */
export function addExport({ program, terminal, finish }: CommandPlace): void {
  withOverrides(
    withRuns(
      command(program, {
        name: "export",
        summary: "Write a finished step's weights for FluxFlow",
        examples: EXAMPLES,
      })
        .argument("<file>", "the pipeline, a YAML file")
        .argument("<step>", "a step that trained")
        .requiredOption("--to <dir>", "folder to make; it must not exist")
        .addOption(
          new Option("--weights <which>", "averaged weights, or the last ones")
            .choices(["ema", "raw"]).default("ema"),
        ),
    ),
  )
    .option("--json", "print data")
    .action(async (file, step, options) => {
      await requireProjectRead("export", terminal);
      await requireWritePermission("export", options.to);
      const { exportCommand } = await import("../export_command.ts");
      finish(await exportCommand(file, step, options, terminal));
    });
}
