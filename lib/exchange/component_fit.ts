// The names and shapes that a component of a model must have against those that a file has.
import { modelSpecs } from "../blueprint/model_specs.ts";
import type { Component } from "../blueprint/parameter_spec.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";
import type { ModelSection } from "../catalog/pipeline.ts";
import type { FileOrigin } from "./file_metadata.ts";
import { componentOfName, foreignName, isAdded } from "./file_names.ts";

/** Arrays of one or several files, by our names. */
export interface HeldArrays {
  readonly origin: FileOrigin;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** How one component fits; names as in the file. */
export interface ComponentFit {
  readonly component: Component;
  /** Arrays that are there. */
  readonly tensors: number;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** Each with the shape that was found and the one that is wanted. */
  readonly misshapen: readonly string[];
}

/** Compares one component. */
export function componentFit(
  component: Component,
  held: HeldArrays,
  model: ModelSection,
): ComponentFit {
  const wanted = new Map(
    modelSpecs(modelOptionsFrom(model), { components: [component], seed: 0 })
      .map((spec) => [spec.name, spec.shape]),
  );
  const names = [...held.shapes.keys()].filter((name) =>
    componentOfName(name) === component
  );
  return {
    component,
    tensors: names.length,
    missing: [...wanted.keys()].filter((name) =>
      !held.shapes.has(name) && !mayLack(held, name)
    ).map(foreignName),
    unexpected: names.filter((name) => !wanted.has(name)).map(foreignName),
    misshapen: [...wanted].flatMap(([name, shape]) => {
      const found = held.shapes.get(name);
      return found === undefined || found.join() === shape.join()
        ? []
        : [`${foreignName(name)} [${found}], wanted [${shape}]`];
    }),
  };
}

/** The original has no statistics of its latents: such a model starts with ones that change nothing. */
function mayLack(
  { origin }: Pick<HeldArrays, "origin">,
  name: string,
): boolean {
  return isAdded(name) && origin.variant === "fluxflow" &&
    componentOfName(name) === "flow_processor";
}
