// Sizes that the networks cannot be built with.
import type { DataSection } from "../catalog/data_section.ts";
import type { ModelSection } from "../catalog/model_section.ts";
import {
  type LocatedMap,
  type PathItem,
  placeOf,
} from "../source/located_tree.ts";
import type { Report } from "./report.ts";

/** Group norms of the expander's colour head and of SPADE. */
const COLOUR_GROUPS = 8;
const MOST_SPADE_GROUPS = 32;

/** Reports sizes of the `model` section that do not fit together; `tree` is that section. */
export function checkModelSizes(
  model: ModelSection,
  tree: LocatedMap,
  report: Report,
): void {
  function refuse(
    path: readonly PathItem[],
    message: string,
    hint: string,
  ): void {
    report.error(
      placeOf(tree, path),
      `Cannot build the model: ${message}`,
      hint,
    );
  }
  function mustDivide(
    path: readonly PathItem[],
    value: number,
    by: number,
    byWhat: string,
  ): void {
    if (value % by === 0) return;
    const near = Math.max(by, Math.round(value / by) * by);
    refuse(
      path,
      `"${path.join(".")}" is ${value}, which ${byWhat} does not divide`,
      `Write a multiple of ${by}, such as ${near}`,
    );
  }
  const latent = model.latent_dim ?? model.vae_dim;
  const latentKey = model.latent_dim === null ? "vae_dim" : "latent_dim";
  if (model.vae_attn_layers > 0) {
    mustDivide(
      [latentKey],
      latent,
      model.vae_heads,
      `the number of attention heads ("vae_heads": ${model.vae_heads})`,
    );
  }
  const spadeGroups = Math.min(MOST_SPADE_GROUPS, model.vae_dim);
  mustDivide(
    ["vae_dim"],
    model.vae_dim,
    spadeGroups,
    `the number of groups of the expander's norms (${spadeGroups})`,
  );
  mustDivide(
    ["rgb_dim"],
    model.rgb_dim,
    2 * COLOUR_GROUPS,
    `twice the number of groups of the colour head's norms (${COLOUR_GROUPS})`,
  );
  mustDivide(
    ["feature_maps_dim"],
    model.feature_maps_dim,
    2 * model.flow_heads,
    `twice the number of attention heads ("flow_heads": ${model.flow_heads}; rotary codes turn pairs)`,
  );
  const text = model.text_encoder;
  mustDivide(
    ["text_encoder", "dim"],
    text.dim,
    text.heads,
    `the number of attention heads (${text.heads})`,
  );
  for (const key of ["compressor_kernel", "expander_up_kernel"] as const) {
    if (model[key] % 2 !== 0) {
      refuse(
        [key],
        `"${key}" is ${
          model[key]
        }, an odd number; a step of 2 pixels wants an even one`,
        `Write ${model[key] + 1}`,
      );
    }
  }
  if (model.expander_kernel % 2 === 0) {
    const found = model.expander_kernel;
    refuse(
      ["expander_kernel"],
      `"expander_kernel" is ${found}, an even number; a centred one is odd`,
      `Write ${found + 1}`,
    );
  }
}

/** Reports sizes of the `data` section that the model cannot take; `tree` is that section. */
export function checkDataSizes(
  model: ModelSection,
  data: DataSection,
  tree: LocatedMap,
  report: Report,
): void {
  const multiple = 2 ** model.downscales;
  if (data.img_size !== null && data.img_size % multiple !== 0) {
    const near = Math.max(
      multiple,
      Math.round(data.img_size / multiple) * multiple,
    );
    report.error(
      placeOf(tree, ["img_size"]),
      `Cannot use pictures of side ${data.img_size}: ${model.downscales} halvings ("model.downscales") want a multiple of ${multiple}`,
      `Write a multiple of ${multiple}, such as ${near}`,
    );
  }
  const longest = model.text_encoder.max_positions;
  if (data.max_tokens > longest) {
    report.error(
      placeOf(tree, ["max_tokens"]),
      `Cannot read captions of ${data.max_tokens} tokens: the text encoder takes ${longest} ("model.text_encoder.max_positions")`,
      `Write "max_tokens: ${longest}" or less, or raise the other`,
    );
  }
}
