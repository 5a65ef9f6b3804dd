// `fluxline export`: writes a finished step's weights as FluxFlow's files.
import { loadPipeline } from "../config/load_pipeline.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { counted, textTable } from "../plan/text_table.ts";
import { exportStep, type StepExport } from "../runner/export_step.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { shownPath } from "../worker/permissions.ts";
import { oneRun } from "./one_run.ts";
import type { Print } from "./plan_command.ts";

/** Options of `export`. */
export interface ExportCommandOptions {
  readonly to: string;
  readonly weights: "ema" | "raw";
  /** Folder of all runs. */
  readonly runs: string;
  /** Overrides, each `a.b=value`. */
  readonly set: readonly string[];
  /** The one cell of a matrix that is meant. */
  readonly cell?: string;
  readonly json: boolean;
}

/** Exports one step and tells what was written. */
export async function exportCommand(
  file: string,
  step: string,
  options: ExportCommandOptions,
  print: Print,
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, {
    overrides: options.set,
    ...oneRun(options),
  });
  const doubts = loaded.ok ? loaded.warnings : loaded.diagnostics;
  if (doubts.length > 0) {
    print.err(renderDiagnostics(doubts, { color: print.color }));
  }
  if (!loaded.ok) return EXIT_CODE.refused;
  const { to, weights, runs } = options;
  const made = await exportStep(loaded.value, {
    step,
    to,
    weights,
    runsDir: runs,
  });
  print.out(
    options.json
      ? JSON.stringify(exportToJson(made), null, 2)
      : renderExport(made),
  );
  return EXIT_CODE.done;
}

function renderExport(made: StepExport): string {
  const { origin, files } = made;
  const which = origin.weights === "ema" ? "averaged weights" : "last weights";
  const rows = files.map((file) => [
    shownPath(file.path),
    formatBytes(file.bytes),
    counted(file.tensors, "tensor"),
    file.components.join(", "),
  ]);
  return [
    `Exported step ${origin.step} (${which}, variant ${origin.model.variant}, ${
      counted(origin.globalStep, "update")
    })`,
    ...textTable(rows, "  "),
    ...(made.tokenizer === null ? [] : [`  ${shownPath(made.tokenizer)}`]),
    ...notesOn(made),
  ].join("\n");
}

/** What a reader in FluxFlow must know. */
function notesOn({ origin, files, leftOut }: StepExport): string[] {
  const added = files.flatMap((file) => file.added);
  return [
    ...(added.length === 0
      ? []
      : [`Names that FluxFlow does not have: ${added.join(", ")}`]),
    ...(origin.model.latent_dim === null
      ? []
      : ["FluxFlow's latents are as wide as vae_dim: it cannot load these"]),
    ...(leftOut.length === 0
      ? []
      : [`Left out, no file for them: ${leftOut.join(", ")}`]),
    ...(origin.model.variant === "fluxflow" ? [] : [
      "Trained under variant fluxline: FluxFlow's own arithmetic makes other pictures of these weights",
    ]),
  ];
}

function exportToJson(made: StepExport): Record<string, unknown> {
  const { origin } = made;
  return {
    folder: shownPath(made.folder),
    step: origin.step,
    key: origin.key,
    run: origin.run,
    variant: origin.model.variant,
    weights: origin.weights,
    globalStep: origin.globalStep,
    source: origin.source,
    files: made.files.map((file) => ({ ...file, path: shownPath(file.path) })),
    tokenizer: made.tokenizer === null ? null : shownPath(made.tokenizer),
    leftOut: made.leftOut,
    notes: notesOn(made),
  };
}
