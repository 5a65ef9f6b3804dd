// A folder as FluxFlow leaves one behind: its weight files with its names and no metadata, and the position of its run.
import { join } from "node:path";
import * as v from "valibot";
import {
  BUILT_COMPONENTS,
  modelSpecs,
} from "../../lib/blueprint/model_specs.ts";
import { sizeOf } from "../../lib/blueprint/parameter_spec.ts";
import { modelOptionsFrom } from "../../lib/blueprint/section_options.ts";
import {
  MODEL_SECTION,
  type ModelSection,
} from "../../lib/catalog/model_section.ts";
import { fileOf, foreignName, isAdded } from "../../lib/exchange/file_names.ts";
import {
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";
import { TINY_SIZES, TINY_TEXT } from "../train/tiny_section.ts";

/** The `model` section of the original's files: a tiny one. */
export const ORIGINAL_MODEL = {
  variant: "fluxflow",
  ...TINY_SIZES,
  text_encoder: { ...TINY_TEXT, vocab_size: 64, head_dim: 4 },
} as const;

/** What a pipeline run of the original saves of its position. */
export const ORIGINAL_STATE = {
  version: "2.0",
  mode: "pipeline",
  timestamp: "2026-01-12T08:30:00",
  epoch: 3,
  batch_idx: 75,
  global_step: 2500,
  pipeline: {
    current_step_index: 1,
    current_step_name: "flow",
    current_step_epoch: 3,
    current_batch_idx: 75,
    total_steps: 2,
    steps_completed: ["vae"],
  },
};

/** Fresh weights of a model by file and by FluxFlow's names, without those that it does not have. */
export function originalTensors(
  section: Readonly<Record<string, unknown>> = ORIGINAL_MODEL,
): Map<string, Map<string, SafeTensor>> {
  const model: ModelSection = v.parse(MODEL_SECTION, section);
  const files = new Map<string, Map<string, SafeTensor>>();
  const specs = modelSpecs(modelOptionsFrom(model), {
    components: BUILT_COMPONENTS,
    seed: 7,
  });
  for (const { name, component, shape, initial } of specs) {
    if (isAdded(name) && model.variant === "fluxflow") continue;
    const data = new Float32Array(sizeOf(shape));
    initial(data, shape);
    const file = fileOf(component);
    const tensors = files.get(file) ?? new Map<string, SafeTensor>();
    tensors.set(foreignName(name), { dtype: "F32", shape: [...shape], data });
    files.set(file, tensors);
  }
  return files;
}

/** Writes the files into a new folder. */
export async function writeOriginal(
  folder: string,
  files = originalTensors(),
  state: unknown = ORIGINAL_STATE,
): Promise<void> {
  await Deno.mkdir(folder);
  for (const [name, tensors] of files) {
    await Deno.writeFile(join(folder, name), encodeSafetensors(tensors));
  }
  await Deno.writeTextFile(
    join(folder, "training_state.json"),
    JSON.stringify(state),
  );
  await Deno.writeTextFile(join(folder, "training_states.pt"), "pickled");
}
