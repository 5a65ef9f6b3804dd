// Declares `fluxline why`.
import { requireProjectRead } from "../process_permission.ts";
import {
  command,
  type CommandPlace,
  withOverrides,
  withRuns,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task why flow                           of the one pipeline that has this step
  deno task why flow pipelines/spade.yaml
  deno task why flow pipelines/spade.yaml --set seed=2 --json`;

/** Show why a step would run, field by field. */
export function addWhy({ program, terminal, finish }: CommandPlace): void {
  withOverrides(
    withRuns(
      command(program, {
        name: "why",
        summary: "Show why a step would run: what differs from its last run",
        examples: EXAMPLES,
      })
        .argument("<step>", "a step of the pipeline")
        .argument("[file]", "the pipeline, where several have such a step"),
    ),
  )
    .option("--json", "print data")
    .action(async (step, file, options) => {
      await requireProjectRead("why", terminal);
      const { whyCommand } = await import("../why_command.ts");
      finish(await whyCommand(step, file, options, terminal));
    });
}
