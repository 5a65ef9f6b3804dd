// The five parts of the model that a step can train or freeze, and the two other names FluxFlow files use for them.

/** Every component, in the order of a picture's way through the model. */
export const COMPONENTS = [
  "compressor",
  "expander",
  "flow_processor",
  "text_encoder",
  "discriminator",
] as const;

/** A part of the model. */
export type Component = typeof COMPONENTS[number];

/** FluxFlow's other names. */
export const COMPONENT_ALIASES: Readonly<Record<string, Component>> = {
  flow: "flow_processor",
  D_img: "discriminator",
};

/** The component of that name or alias, or undefined. */
export function componentOf(name: string): Component | undefined {
  return COMPONENT_ALIASES[name] ??
    COMPONENTS.find((component) => component === name);
}
