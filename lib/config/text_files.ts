// `data.tokenizer_name` and `model.pretrained_bert_model`: the local files behind a name, checked before anything starts.
import { join, resolve } from "node:path";
import type { DataSection } from "../catalog/data_section.ts";
import type { ModelSection } from "../catalog/model_section.ts";
import type {
  GenerateStep,
  Step,
  TextFilesEntry,
  TrainStep,
  WeightFilesEntry,
} from "../catalog/pipeline.ts";
import { isGranted } from "../disk/granted.ts";
import { StoredStateError } from "../error/failure.ts";
import { TOKENIZER_FILE } from "../exchange/file_names.ts";
import {
  PRETRAINED_FILES,
  pretrainedFit,
} from "../exchange/pretrained_text.ts";
import { tokenizerFacts } from "../exchange/tokenizer_file.ts";
import { findOnHub } from "../hub/hub_folder.ts";
import { isHubName } from "../hub/hub_name.ts";
import {
  type LocatedMap,
  type Place,
  placeOf,
} from "../source/located_tree.ts";
import { pathFault } from "./path_checks.ts";
import type { Report } from "./report.ts";

/** The tokenizer that is made of the captions. */
export const OWN_TOKENIZER = "words";

const TOKENIZER_KEY = ["data", "tokenizer_name"];
const PRETRAINED_KEY = ["model", "pretrained_bert_model"];

/** What the names are looked up for. */
export interface TextFilesContext {
  readonly document: LocatedMap;
  readonly model: ModelSection;
  readonly data: DataSection;
  readonly steps: readonly Step[];
  readonly weights: WeightFilesEntry | undefined;
}

/** Steps that read captions. */
export type CaptionStep = TrainStep | GenerateStep;

/** Whether a step makes a tokenizer of its own, or takes the one that the data section names. */
export function needsTokenizer(
  step: CaptionStep,
  weights: WeightFilesEntry | undefined,
): boolean {
  const isFromFile = step.from_files?.includes("text_encoder") === true &&
    (weights?.tokenizer ?? null) !== null;
  if (step.task === "generate") return step.from === null && !isFromFile;
  return step.components.includes("text_encoder") &&
    step.init_from.text_encoder === undefined && !isFromFile;
}

/** Whether a train step's text encoder begins with a pretrained language model, where the model section names one. */
export function startsPretrained(step: CaptionStep): boolean {
  return step.task === "train" && step.components.includes("text_encoder") &&
    step.init_from.text_encoder === undefined &&
    step.from_files?.includes("text_encoder") !== true;
}

/** The files that the steps need; what is missing or does not fit is reported. Names that no step needs are not looked up. */
export async function checkTextFiles(
  context: TextFilesContext,
  report: Report,
): Promise<TextFilesEntry> {
  const { data, model, steps, weights } = context;
  const readers = steps.filter((step) =>
    step.task === "train" || step.task === "generate"
  );
  const isWanted = data.tokenizer_name !== OWN_TOKENIZER &&
    readers.some((step) => needsTokenizer(step, weights));
  const isStarted = model.pretrained_bert_model !== null &&
    readers.some(startsPretrained);
  if (isStarted && data.tokenizer_name === OWN_TOKENIZER) {
    report.error(
      placeOf(context.document, PRETRAINED_KEY),
      `Cannot start the text encoder from "${model.pretrained_bert_model}": the tokenizer "${OWN_TOKENIZER}" gives words other numbers than the ones it was trained with`,
      `Write \`data.tokenizer_name: ${model.pretrained_bert_model}\``,
    );
  }
  return {
    tokenizer: isWanted ? await findTokenizer(context, report) : null,
    pretrained: isStarted ? await findPretrained(context, report) : null,
  };
}

async function findTokenizer(
  { document, data, model }: TextFilesContext,
  report: Report,
): Promise<string | null> {
  const written = data.tokenizer_name;
  const lookup = { place: placeOf(document, TOKENIZER_KEY), report };
  const what = `the tokenizer "${written}"`;
  const found = await findFiles(written, [TOKENIZER_FILE], {
    ...lookup,
    what,
    hubDir: data.hub_dir,
  });
  const [path] = found ?? [];
  if (path === undefined) return null;
  const { vocabSize } = await asked(
    what,
    lookup,
    async () => tokenizerFacts(await Deno.readTextFile(path)),
  ) ?? { vocabSize: 0 };
  const room = model.text_encoder.vocab_size;
  if (vocabSize > room) {
    report.error(
      lookup.place,
      `Cannot use ${what}: it has ${vocabSize} tokens, and the text encoder has room for ${room} ("model.text_encoder.vocab_size")`,
      `Write \`model.text_encoder.vocab_size: ${vocabSize}\``,
    );
  }
  return path;
}

async function findPretrained(
  { document, data, model }: TextFilesContext,
  report: Report,
): Promise<string | null> {
  const written = model.pretrained_bert_model!;
  const lookup = { place: placeOf(document, PRETRAINED_KEY), report };
  const what = `the text encoder of "${written}"`;
  const found = await findFiles(
    written,
    [PRETRAINED_FILES.weights, PRETRAINED_FILES.config],
    { ...lookup, what, hubDir: data.hub_dir },
  );
  if (found === undefined) return null;
  const [weights, config] = found as [string, string];
  const fit = await asked(
    what,
    lookup,
    () => pretrainedFit({ weights, config }, model),
  );
  if (fit === undefined) return null;
  if (fit.faults.length > 0) {
    report.error(
      lookup.place,
      `Cannot start from ${what}: ${fit.faults.join("; ")}`,
      fit.section === null
        ? "Use the files of a DistilBERT model as they were saved"
        : `Write \`${fit.section}\` into \`model\``,
    );
  }
  return weights;
}

interface Lookup {
  readonly place: Place;
  readonly report: Report;
}

/** Absolute real paths of `names` behind what was written: a path, or a name on the hub; undefined where it was reported. */
async function findFiles(
  written: string,
  names: readonly string[],
  { place, report, what, hubDir }: Lookup & {
    readonly what: string;
    readonly hubDir: string | null;
  },
): Promise<string[] | undefined> {
  const refuse = (reason: string, hint: string) => {
    report.error(place, `Cannot find ${what}: ${reason}`, hint);
    return undefined;
  };
  let path = resolve(written);
  const root = resolve(".");
  const fault = await pathFault({ path, kind: "any", root });
  if (fault !== undefined) {
    const isName = isHubName(written) && isGranted({ name: "read", path });
    if (!isName) return refuse(fault.reason, fault.hint);
    const onHub = await findOnHub(
      { kind: "models", repository: written, revision: null, path: "" },
      hubDir,
      names,
    );
    if (!onHub.ok) return refuse(onHub.reason, onHub.hint);
    path = onHub.path;
  }
  const isFolder = (await Deno.stat(path)).isDirectory;
  const paths = isFolder ? names.map((name) => join(path, name)) : [path];
  if (paths.length < names.length) {
    return refuse(
      "it is a file",
      `Name the folder that holds ${names.join(" and ")}`,
    );
  }
  for (const [index, file] of paths.entries()) {
    const missing = await pathFault({ path: file, kind: "file", root });
    if (missing === undefined) continue;
    return refuse(
      `"${path}" has no ${names[index]}`,
      `Save it there as the Hugging Face libraries write it (\`save_pretrained\`): ${
        names.join(" and ")
      } are wanted`,
    );
  }
  // The hub's cache holds links; a step is granted the file itself.
  return await Promise.all(paths.map((file) => Deno.realPath(file)));
}

/** What `look` answers; undefined where it refused the file, which is reported. */
async function asked<T>(
  what: string,
  { place, report }: Lookup,
  look: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    report.error(place, `Cannot use ${what}: ${error.message}`, error.hint);
    return undefined;
  }
}
