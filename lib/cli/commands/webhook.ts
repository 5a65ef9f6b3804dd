// Declares `fluxline webhook`.
import { requireRunPermissions } from "../process_permission.ts";
import { command, type CommandPlace } from "./command_options.ts";

const EXAMPLES = `\
  deno task webhook test pipelines/night.yaml     post a test to its on_success and on_failure`;

/** Try the webhooks of a pipeline. */
export function addWebhook({ program, terminal, finish }: CommandPlace): void {
  const webhook = command(program, {
    name: "webhook",
    summary: "Try the webhooks of a pipeline",
    examples: EXAMPLES,
  });
  webhook.command("test")
    .description("Post a test to every webhook of the pipeline")
    .argument("<file>", "the pipeline, a YAML file")
    .option("--json", "print data")
    .option("--no-color", "print without colours")
    .action(async (file, options) => {
      await requireRunPermissions("webhook test", file);
      const { webhookTestCommand } = await import("../webhook_command.ts");
      finish(await webhookTestCommand(file, options, terminal));
    });
}
