// Whether weight files fit a pipeline's model: everything that does not, at once.
import { modelSpecs } from "../blueprint/model_specs.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";
import type { ModelSection } from "../catalog/pipeline.ts";
import { modelDifferences } from "./file_metadata.ts";
import { componentOfName, foreignName, isAdded } from "./file_names.ts";
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
  const wanted = new Map(
    modelSpecs(modelOptionsFrom(model), { components, seed: 0 })
      .map((spec) => [spec.name, spec.shape]),
  );
  const missing = [...wanted.keys()].filter((name) =>
    !file.shapes.has(name) && !mayLack(file, name)
  );
  const unexpected = [
    ...[...file.shapes.keys()].filter((name) => !wanted.has(name)).map(
      foreignName,
    ),
    ...file.stray,
  ];
  const misshapen = [...wanted].flatMap(([name, shape]) => {
    const found = file.shapes.get(name);
    return found === undefined || found.join() === shape.join()
      ? []
      : [`${foreignName(name)} [${found}], wanted [${shape}]`];
  });
  const names = [
    nameList("missing", missing.map(foreignName)),
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

/** The original has no statistics of its latents: such a model starts with ones that change nothing. */
export function mayLack(file: WeightFile, name: string): boolean {
  return isAdded(name) && file.origin.variant === "fluxflow" &&
    componentOfName(name) === "flow_processor";
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
