// `fluxline import`: checks FluxFlow's weights and writes a folder from which a pipeline starts.
import { resolve } from "node:path";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { RefusedError } from "../error/failure.ts";
import {
  importWeights,
  type WeightImport,
} from "../exchange/import_weights.ts";
import { modelYaml } from "../exchange/imported_model.ts";
import { describePosition } from "../exchange/run_position.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { counted, textTable } from "../plan/text_table.ts";
import { requireAbsent } from "../runner/new_folder.ts";
import { shownPath } from "../worker/permissions.ts";
import type { Print } from "./plan_command.ts";
import { failureText } from "./show_failure.ts";

/** Options of `import`. */
export interface ImportCommandOptions {
  readonly to: string;
  readonly strict: boolean;
  readonly json?: true;
}

/** Imports, or tells everything that is wrong and writes nothing. */
export async function importCommand(
  paths: readonly string[],
  { to, strict, json }: ImportCommandOptions,
  print: Print,
): Promise<ExitCode> {
  const folder = resolve(to);
  await requireAbsent(folder, "import to");
  const made = await importWeights({ paths, to: folder, strict });
  const isDone = made.faults.length === 0;
  if (json) {
    print.out(JSON.stringify(importToJson(made, to, strict), null, 2));
  } else if (isDone) {
    print.out(renderImport(made, to, strict));
  } else {
    if (made.fits.length > 0) print.out(renderFits(made).join("\n"));
    for (const { message, hint } of made.faults) {
      print.err(failureText(new RefusedError(message, { hint }), print.color));
    }
  }
  return isDone ? EXIT_CODE.done : EXIT_CODE.refused;
}

function renderFits({ fits }: WeightImport): string[] {
  return textTable(
    fits.map((fit) => [
      fit.component,
      counted(fit.tensors, "tensor"),
      fit.missing.length + fit.unexpected.length + fit.misshapen.length === 0
        ? "fits"
        : `${fit.missing.length} missing, ${fit.unexpected.length} unexpected, ${fit.misshapen.length} of another shape`,
    ]),
    "  ",
  );
}

function renderImport(
  made: WeightImport,
  to: string,
  strict: boolean,
): string {
  const { position, files, tokenizer, notes, model } = made;
  return [
    `Imported weights of variant ${model!.section.variant}`,
    ...renderFits(made),
    ...textTable(
      files.map((file) => [shownPath(file.path), formatBytes(file.bytes)]),
      "  ",
    ),
    ...(tokenizer === null ? [] : [`  ${shownPath(tokenizer)}`]),
    ...notes,
    ...(position === null ? [] : [
      describePosition(position),
      "Weights go on from there; optimizers, rates and the order of data start anew: leave out the steps that are done, and lower n_epochs of the one that is not",
    ]),
    "A pipeline starts from them with",
    "",
    ...startLines(made, to, strict),
  ].join("\n");
}

/** The top of a pipeline file. */
function startLines(
  { model }: WeightImport,
  to: string,
  strict: boolean,
): string[] {
  return [
    `model_checkpoint: ${JSON.stringify(shownPath(to))}`,
    ...(strict ? [] : ["model_checkpoint_strict: false"]),
    ...modelYaml(model!),
  ];
}

function importToJson(
  made: WeightImport,
  to: string,
  strict: boolean,
): Record<string, unknown> {
  const { faults, fits, model, position, files, tokenizer, notes } = made;
  const isDone = faults.length === 0;
  return {
    ok: isDone,
    problems: faults.map(({ message, hint }) => ({
      severity: "error",
      message,
      hint,
    })),
    components: fits,
    variant: model?.section.variant ?? null,
    model: model?.said ?? null,
    assumed: model?.assumed ?? [],
    position,
    folder: isDone ? shownPath(to) : null,
    files: files.map((file) => ({ ...file, path: shownPath(file.path) })),
    tokenizer: tokenizer === null ? null : shownPath(tokenizer),
    notes,
    start: isDone ? startLines(made, to, strict).join("\n") + "\n" : null,
  };
}
