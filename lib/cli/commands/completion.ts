// Declares `fluxline completion`, and the hidden `fluxline complete` that its scripts ask.
import { Argument } from "commander";
import { SHELLS } from "../completion_script.ts";
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno task completion bash >> ~/.bashrc
  deno task completion zsh >> ~/.zshrc
  deno task completion fish > ~/.config/fish/conf.d/fluxline.fish

The Tab key then completes commands, options, pipelines, steps and runs behind \`deno task\`,
behind \`deno run ... cli.ts\`, and behind an alias named \`fluxline\`.`;

/** Print what makes a shell complete commands, options and names. */
export function addCompletion(place: CommandPlace): void {
  const { program, terminal } = place;
  const shell = () =>
    new Argument("<shell>", "the shell that asks").choices(SHELLS);
  command(program, {
    name: "completion",
    summary: "Print what makes a shell complete commands, options and names",
    examples: EXAMPLES,
  })
    .addArgument(shell())
    .action(async (named) => {
      const { completionCommand } = await import("../completion_command.ts");
      completionCommand(named, terminal);
    });
  program.command("complete", { hidden: true })
    .description("Print what can stand at the end of the words")
    .addArgument(shell())
    .argument("[words...]", "what is typed behind the program's name")
    .action(async (_shell, words) => {
      const { completeCommand } = await import("../completion_command.ts");
      await completeCommand(program, words, terminal);
    });
}
