// Declares `fluxline job`, which the scripts of submitted jobs call.
import type { CommandPlace } from "./command_options.ts";

/** Run a step of a submission; people use `train --executor slurm`. */
export function addJob({ program, terminal, finish }: CommandPlace): void {
  program.command("job", { hidden: true })
    .description("Run one step of a submission, inside its job")
    .argument("<folder>", "folder of the submission")
    .argument("<index>", "place of the step in it")
    .argument("[seconds]", "how long the job has run already", "0")
    .action(async (folder, index, seconds) => {
      const { jobCommand } = await import("../job_command.ts");
      finish(await jobCommand(folder, index, seconds, terminal));
    });
}
