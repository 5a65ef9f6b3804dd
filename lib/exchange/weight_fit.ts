// Whether weight files fit a pipeline's model: everything that does not, at once.
import type { ModelSection } from "../catalog/pipeline.ts";
import { componentFit } from "./component_fit.ts";
import { modelDifferences } from "./file_metadata.ts";
import { nameList } from "./name_list.ts";
import type { WeightFile } from "./weight_files.ts";

/** One kind of misfit in one file. */
export interface Misfit {
  /** False where it is only told. */
  readonly isError: boolean;
  readonly message: string;
  readonly hint: string;
}

/** Compares a file with the weights that the model has; empty where it fits. Not strict, names that only one has are told. */
export function misfits(
  file: WeightFile,
  model: ModelSection,
  strict: boolean,
): Misfit[] {
  const { origin, components, path } = file;
  if (origin.variant !== model.variant) {
    return [otherVariant(file, model)];
  }
  const options = origin.model === null
    ? []
    : modelDifferences(origin.model, model, components);
  const fits = components.map((component) =>
    componentFit(component, file, model)
  );
  const unexpected = [...fits.flatMap((fit) => fit.unexpected), ...file.stray];
  const misshapen = fits.flatMap((fit) => fit.misshapen);
  const names = [
    nameList("missing", fits.flatMap((fit) => fit.missing)),
    nameList("unexpected", unexpected),
  ];
  const faults = [
    ...(components.length === 0 ? ["it holds no component"] : []),
    nameList("other options", options),
    ...(strict ? names : []),
    nameList("of another shape", misshapen),
  ].filter((text) => text !== "");
  const doubts = strict ? [] : names.filter((text) => text !== "");
  return [
    ...(faults.length === 0 ? [] : [{
      isError: true,
      message: `Cannot start from "${path}": ${faults.join("; ")}`,
      hint: "Write the `model` options with which the file was made",
    }]),
    ...(doubts.length === 0 ? [] : [{
      isError: false,
      message: `"${path}" does not fit the model: ${doubts.join("; ")}`,
      hint: "Missing weights start anew, unexpected ones are passed over",
    }]),
  ];
}

function otherVariant(file: WeightFile, model: ModelSection): Misfit {
  const { variant } = file.origin;
  const origin = file.origin.model === null
    ? "files without fluxline's metadata are of variant"
    : "it is of variant";
  return {
    isError: true,
    message:
      `Cannot start from "${file.path}": ${origin} "${variant}", and the model is of variant "${model.variant}"`,
    hint:
      `Write \`model.variant: ${variant}\`, or leave model_checkpoint out and train "${model.variant}" anew`,
  };
}
