// Declares `fluxline verify`.
import { requireProjectRead } from "../process_permission.ts";
import { command, type CommandPlace, withRuns } from "./command_options.ts";

const EXAMPLES = `\
  deno task verify
  deno task verify spade --json          one run with its steps
  deno task verify vae_warmup            one step, whatever run it is of`;

/** Compare every digest of stored work with what lies on the disk. */
export function addVerify({ program, terminal, finish }: CommandPlace): void {
  withRuns(
    command(program, {
      name: "verify",
      summary: "Read everything stored and compare it with its digests",
      examples: EXAMPLES,
    })
      .argument("[name]", "a run or a step; everything when left out"),
  )
    .option("--json", "print data")
    .action(async (name, options) => {
      await requireProjectRead("verify", terminal);
      const { verifyCommand } = await import("../verify_command.ts");
      finish(await verifyCommand(name, options, terminal));
    });
}
