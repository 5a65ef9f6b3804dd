// Declares `fluxline validate`.
import { requireProjectRead } from "../process_permission.ts";
import {
  command,
  type CommandPlace,
  withOverrides,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task validate
  deno task validate pipelines/spade.yaml --set seed=two`;

/** Check pipelines and report every problem. */
export function addValidate({ program, terminal, finish }: CommandPlace): void {
  withOverrides(
    command(program, {
      name: "validate",
      summary: "Check pipelines and report every problem",
      examples: EXAMPLES,
    })
      .argument("[files...]", "pipelines; all below pipelines/ when left out"),
  )
    .option("--json", "print data")
    .action(async (files, options) => {
      await requireProjectRead("validate", terminal);
      const { validateCommand } = await import("../validate_command.ts");
      finish(await validateCommand(files, options, terminal));
    });
}
