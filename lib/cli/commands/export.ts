// Declares `fluxline export`.
import { Option } from "commander";
import { UsageError } from "../../error/failure.ts";
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
  deno task export pipelines/spade.yaml --argo --to spade.argo.yaml     a manifest of Argo Workflows
  deno task export pipelines/spade.yaml --slurm --to spade.slurm        a script for sbatch

Writes flxflow_final.safetensors and text_encoder.safetensors, as far as the step has their parts.
A pipeline starts from them with \`model_checkpoint: exported\` at the top of its file.`;

/** Write a finished step's weights for FluxFlow. */
export function addExport({ program, terminal, finish }: CommandPlace): void {
  withOverrides(
    withRuns(
      command(program, {
        name: "export",
        summary:
          "Write a finished step's weights for FluxFlow, or the pipeline for a cluster",
        examples: EXAMPLES,
      })
        .argument("<file>", "the pipeline, a YAML file")
        .argument("[step]", "a step that trained")
        .option("--argo", "the pipeline as a manifest of Argo Workflows")
        .option("--slurm", "the pipeline as a script for sbatch")
        .option(
          "--to <path>",
          "folder to make for weights, which must not exist; file of a manifest or script, printed without it",
        )
        .addOption(
          new Option("--weights <which>", "averaged weights, or the last ones")
            .choices(["ema", "raw"]).default("ema"),
        ),
    ),
  )
    .option("--json", "print data")
    .action(async (file, step, options) => {
      await requireProjectRead("export", terminal);
      const kind = chosenKind(step, options);
      if (options.to !== undefined) {
        await requireWritePermission("export", options.to);
      }
      if (kind !== "weights") {
        const { exportWorkflowCommand } = await import(
          "../export_workflow_command.ts"
        );
        const chosen = { ...options, kind };
        finish(await exportWorkflowCommand(file, chosen, terminal));
        return;
      }
      const { exportCommand } = await import("../export_command.ts");
      finish(await exportCommand(file, step, options, terminal));
    });
}

/** What is exported: exactly one thing. */
function chosenKind(
  step: string | undefined,
  { argo, slurm, to }: {
    readonly argo?: true;
    readonly slurm?: true;
    readonly to?: string;
  },
): "weights" | "argo" | "slurm" {
  const asked = [
    ...step === undefined ? [] : ["weights" as const],
    ...argo === true ? ["argo" as const] : [],
    ...slurm === true ? ["slurm" as const] : [],
  ];
  const [kind, ...others] = asked;
  if (kind === undefined || others.length > 0) {
    throw new UsageError(
      `Cannot export: ${
        kind === undefined
          ? "neither a step nor --argo nor --slurm is named"
          : "one of a step, --argo and --slurm is wanted, found several"
      }`,
      {
        hint:
          "Name a step to write its weights, or give --argo or --slurm to write the pipeline for a cluster",
      },
    );
  }
  if (kind === "weights" && to === undefined) {
    throw new UsageError("Cannot export weights: --to is missing", {
      hint: "Give --to with a folder that does not exist yet",
    });
  }
  return kind;
}
