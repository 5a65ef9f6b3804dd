// FluxFlow's weight files: which component lies in which file, under which names, and which of ours it does not know.
import { BUILT_COMPONENTS } from "../blueprint/model_specs.ts";
import type { Component } from "../blueprint/parameter_spec.ts";

/** File of the VAE and the flow. */
export const MAIN_FILE = "flxflow_final.safetensors";
/** File of the text encoder. */
export const TEXT_FILE = "text_encoder.safetensors";
/** File of the discriminator. */
export const DISCRIMINATOR_FILE = "D_img.safetensors";
/** Beside the text encoder: without it the weights of its words mean nothing. */
export const TOKENIZER_FILE = "tokenizer.json";

const FILES: Readonly<Record<Component, string>> = {
  compressor: MAIN_FILE,
  expander: MAIN_FILE,
  flow_processor: MAIN_FILE,
  text_encoder: TEXT_FILE,
  discriminator: DISCRIMINATOR_FILE,
};
/** What the names of a component begin with in a file, up to the dot. */
const PREFIXES: Readonly<Record<Component, string>> = {
  compressor: "diffuser.compressor",
  expander: "diffuser.expander",
  flow_processor: "diffuser.flow_processor",
  text_encoder: "text_encoder",
  discriminator: "D_img",
};

/** Tensors that FluxFlow's own tools put beside weights to tell a version. */
const VERSION_TENSORS = ["__version__", "_version"];

/** What fluxline adds to the original's weights: statistics of the latents, and the way in of narrower ones. */
const ADDED =
  /^(flow_processor\.latent_(mean|std)|expander\.latent_in\.(weight|bias))$/;

/** The file that holds a component. */
export function fileOf(component: Component): string {
  return FILES[component];
}

/** The name in a file for one of ours, such as `diffuser.expander.rgb_activation.p0`. */
export function foreignName(name: string): string {
  const component = componentOfName(name);
  return component === null
    ? name
    : PREFIXES[component] + name.slice(component.length);
}

/** Our name for one in a file; null where it belongs to no component. */
export function ownName(foreign: string): string | null {
  const component = BUILT_COMPONENTS.find((one) =>
    foreign.startsWith(`${PREFIXES[one]}.`)
  );
  return component === undefined
    ? null
    : component + foreign.slice(PREFIXES[component].length);
}

/** The component that one of our names starts with. */
export function componentOfName(name: string): Component | null {
  return BUILT_COMPONENTS.find((component) =>
    name.startsWith(`${component}.`)
  ) ??
    null;
}

/** Whether FluxFlow has no weight of that name; its loader passes over it. */
export function isAdded(name: string): boolean {
  return ADDED.test(name);
}

/** Whether a tensor only tells the version of a file. */
export function isVersionTensor(foreign: string): boolean {
  return VERSION_TENSORS.includes(foreign);
}
