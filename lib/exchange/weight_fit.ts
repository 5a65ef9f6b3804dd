// Whether weight files fit a pipeline's model: everything that does not, at once.
import { modelSpecs } from "../blueprint/model_specs.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";
import type { ModelSection } from "../catalog/pipeline.ts";
import { modelDifferences } from "./file_metadata.ts";
import { componentOfName, foreignName, isAdded } from "./file_names.ts";
import type { WeightFile } from "./weight_files.ts";

/** One kind of misfit in one file. */
export interface Misfit {
  readonly message: string;
  readonly hint: string;
}

/** Names that a message lists before it only counts. */
const MOST_NAMES = 12;

/** Compares a file with the weights that the model has; empty where it fits. */
export function misfits(file: WeightFile, model: ModelSection): Misfit[] {
  const { origin, components, path } = file;
  if (origin.variant !== model.variant) {
    return [otherVariant(file, model)];
  }
  const options = origin.model === null
    ? []
    : modelDifferences(origin.model, model);
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
  const parts: [string, readonly string[]][] = [
    ["other options", options],
    ["missing", missing.map(foreignName)],
    ["unexpected", unexpected],
    ["of another shape", misshapen],
  ];
  const faults = parts.filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${names.length} ${what}: ${listed(names)}`);
  if (components.length === 0) faults.unshift("it holds no component");
  if (faults.length === 0) return [];
  return [{
    message: `Cannot start from "${path}": ${faults.join("; ")}`,
    hint: "Write the `model` options with which the file was made",
  }];
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
    message:
      `Cannot start from "${file.path}": ${origin} "${variant}", and the model is of variant "${model.variant}"`,
    hint:
      `Write \`model.variant: ${variant}\`, or leave model_checkpoint out and train "${model.variant}" anew`,
  };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  const rest = names.length - MOST_NAMES;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
