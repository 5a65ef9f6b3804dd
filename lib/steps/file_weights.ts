// Weights of other programs in a step's model: the files of `model_checkpoint`, and a pretrained language model.
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import { isAdded } from "../exchange/file_names.ts";
import {
  decodePretrained,
  LANGUAGE_MODEL,
} from "../exchange/pretrained_text.ts";
import {
  readPlannedBytes,
  readPlannedWeights,
} from "../exchange/read_weights.ts";
import type { FluxModel } from "../models/flux_model.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { StepRequest } from "../store/step_request.ts";

/** Loads what the request names, telling each file. */
export async function loadFileWeights(
  { parameters }: FluxModel,
  request: StepRequest,
  log: (text: string) => void,
): Promise<void> {
  const { files, strict } = request.weight_files ?? { files: [], strict: true };
  for (const file of files) {
    const found = await readPlannedWeights(file);
    const arrays = strict
      ? found
      : new Map([...found].filter(([name]) => parameters.has(name)));
    // What only fluxline's models have stays as it starts where a file of the original lacks it; so does all that is missing
    // where the file need not fit. The plan has told of it.
    const own = storedWhere(
      parameters,
      (name) => !arrays.has(name) && (!strict || isAdded(name)),
    );
    parameters.load(new Map([...arrays, ...own]), file.components);
    log(`weights of ${file.components.join(", ")} from "${file.path}"`);
  }
  const pretrained = request.text_files?.pretrained ?? null;
  if (pretrained === null) return;
  const given = decodePretrained(await readPlannedBytes(pretrained));
  // The head of the text encoder stays as it starts: a pretrained model has none for it.
  const head = storedWhere(
    parameters,
    (name) =>
      parameters.component(name) === "text_encoder" &&
      !name.startsWith(LANGUAGE_MODEL),
  );
  parameters.load(new Map([...given, ...head]), ["text_encoder"]);
  log(`language model of the text encoder from "${pretrained.path}"`);
}

function storedWhere(
  parameters: Parameters,
  isWanted: (name: string) => boolean,
): Map<string, StoredArray> {
  return parameters.toStored(
    new Map([...parameters.variables].filter(([name]) => isWanted(name))),
  );
}
