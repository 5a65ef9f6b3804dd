// Every weight of a model, component by component: what a file must hold, and what a fresh model starts with.
import { declareCompressor } from "./compressor.ts";
import { declareDiscriminator } from "./discriminator.ts";
import { declareExpander } from "./expander.ts";
import { declareFlowProcessor } from "./flow_processor.ts";
import { initialStreams } from "./initializers.ts";
import type { ModelOptions } from "./model_options.ts";
import { ParameterList } from "./parameter_list.ts";
import type { Component, ParameterSpec } from "./parameter_spec.ts";
import { declareTextEncoder } from "./text_encoder.ts";

const DECLARE: Readonly<
  Record<Component, (list: ParameterList, options: ModelOptions) => void>
> = {
  compressor: declareCompressor,
  expander: declareExpander,
  flow_processor: declareFlowProcessor,
  text_encoder: declareTextEncoder,
  discriminator: declareDiscriminator,
};

/** Every component in the order of a picture's way through the model. */
export const BUILT_COMPONENTS: readonly Component[] = Object.keys(
  DECLARE,
) as Component[];

/** The weights of `components` in the order of their declaration; nothing is filled before `initial` is called. */
export function modelSpecs(
  options: ModelOptions,
  build: {
    readonly components: readonly Component[];
    readonly seed: number;
  },
): ParameterSpec[] {
  const streams = initialStreams(build.seed);
  return build.components.flatMap((component) => {
    const list = new ParameterList(component, streams);
    DECLARE[component](list, options);
    return list.specs;
  });
}
