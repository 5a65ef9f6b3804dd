// `model_checkpoint`: the files behind it, checked by their headers before anything starts.
import { resolve } from "node:path";
import type { ModelSection } from "../catalog/model_section.ts";
import type { Step, WeightFilesEntry } from "../catalog/pipeline.ts";
import { StoredStateError } from "../error/failure.ts";
import { readWeightFiles, type WeightFiles } from "../exchange/weight_files.ts";
import { misfits } from "../exchange/weight_fit.ts";
import { type LocatedMap, placeOf } from "../source/located_tree.ts";
import { pathFault } from "./path_checks.ts";
import type { Report } from "./report.ts";
import { OWN_TOKENIZER } from "./text_files.ts";

const KEY = "model_checkpoint";

/** The files that `written` names, with what they hold; undefined where it is refused, and the report says why. */
export async function checkWeightFiles(
  written: string,
  { document, model, strict, judges }: {
    readonly document: LocatedMap;
    readonly model: ModelSection;
    readonly strict: boolean;
    /** Whether a step has a discriminator. */
    readonly judges: boolean;
  },
  report: Report,
): Promise<WeightFilesEntry | undefined> {
  const place = placeOf(document, [KEY]);
  const path = resolve(written);
  const fault = await pathFault({ path, kind: "any", root: resolve(".") });
  if (fault !== undefined) {
    report.error(
      place,
      `Cannot find the weights "${written}": ${fault.reason}`,
      fault.hint,
    );
    return undefined;
  }
  try {
    const found = await readWeightFiles(path, { discriminator: judges });
    const all = found.files.flatMap((file) => misfits(file, model, strict));
    for (const { isError, message, hint } of all) {
      report[isError ? "error" : "warning"](place, message, hint);
    }
    return all.some(({ isError }) => isError)
      ? undefined
      : entryOf(written, strict, found);
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    report.error(place, error.message, error.hint);
    return undefined;
  }
}

/** Reports a text encoder that would start from a file and read its words by other numbers. */
export function checkWeightTokenizer(
  files: WeightFilesEntry,
  { document, steps, tokenizer }: {
    readonly document: LocatedMap;
    readonly steps: readonly Step[];
    readonly tokenizer: string;
  },
  report: Report,
): void {
  if (files.tokenizer !== null || tokenizer !== OWN_TOKENIZER) return;
  const reader = steps.find((step) =>
    (step.task === "train" || step.task === "generate") &&
    step.from_files?.includes("text_encoder")
  );
  if (reader === undefined) return;
  report.error(
    placeOf(document, [KEY]),
    `Cannot start the text encoder of step "${reader.name}" from "${files.written}": there is no tokenizer.json beside it, so that its words have no numbers`,
    "Put the tokenizer.json beside the files with which they were trained, or name the file without the text encoder",
  );
}

function entryOf(
  written: string,
  strict: boolean,
  found: WeightFiles,
): WeightFilesEntry {
  const holder = found.files.find((file) =>
    file.components.includes("expander")
  );
  return {
    written,
    strict,
    files: found.files.map(({ path, components }) => ({ path, components })),
    tokenizer: found.tokenizer,
    spade: holder?.origin.spade ?? true,
  };
}
