// Where the new value of a changed field of a step's work comes from: its place in the pipeline, or what it stands for.
import { dirname, join } from "node:path";
import type { Pipeline } from "../catalog/pipeline.ts";
import type { PlannedStep } from "./plan.ts";
import { DATASETS } from "./resolved_step.ts";
import { listValues } from "./resolved_node.ts";
import { resolvedValues } from "./resolved_values.ts";
import { datasetRoles, stepRoles } from "./step_inputs.ts";

/** A step as far as its origins need it. */
export type OriginStep = Pick<PlannedStep, "step" | "request">;

/** Words for the origin of a field of the work record: a place in the file, `--set #n`, `default`, or what the value stands for. */
export type OriginOf = (key: string) => string;

/** What fluxline's own versions in a work record stand for. */
const OWN_VERSIONS: Readonly<Record<string, string>> = {
  body: "version of the task's code in fluxline",
  keyFormat: "version of keys in fluxline",
  textEncoder: "version of the text encoder in fluxline",
};

/** Keys of a dataset in the work record that the file calls otherwise. */
const WRITTEN_KEYS: Readonly<Record<string, string>> = {
  addresses: "webdataset_url",
  image_key: "webdataset_image_key",
  label_key: "webdataset_label_key",
  caption_key: "webdataset_caption_key",
  split: "holdout",
};

/** Tells origins of one step's fields. */
export function originsOf(one: OriginStep, pipeline: Pipeline): OriginOf {
  const origins = new Map(
    listValues(resolvedValues(pipeline)).map(({ path, origin }) =>
      [path, origin] as const
    ),
  );
  const own = pipeline.mode === "legacy"
    ? "training."
    : `training.pipeline.steps.${escaped(one.step.name)}.`;
  return (key) => {
    const [part, ...rest] = key.split(".") as [string, ...string[]];
    switch (part) {
      case "options":
        return origins.get(key.replace(/^options\./, own)) ?? "derived";
      case "needs":
        return needOrigin(rest.join("."), one);
      case "datasets":
        return datasetOrigin(rest, one, origins);
      case "code":
        return codeOrigin(rest, one);
      default:
        return origins.get(key) ?? OWN_VERSIONS[key] ??
          contentOrigin(part, one) ?? "derived";
    }
  };
}

function needOrigin(role: string, { step }: OriginStep): string {
  const need = stepRoles(step).get(role);
  return need === undefined || role.startsWith("after.")
    ? "the work of a step that it needs"
    : `the work of step "${need}": \`why ${need}\` tells more`;
}

function datasetOrigin(
  [role = "", ...rest]: readonly string[],
  { step, request }: OriginStep,
  origins: ReadonlyMap<string, string>,
): string {
  const name = datasetRoles(step).get(role);
  const entry = name === undefined ? undefined : request.datasets[name];
  if (name === undefined || entry === undefined) return "derived";
  const [field = ""] = rest;
  if (field === "fingerprint") {
    return `content of ${
      entry.type === "webdataset" ? entry.webdataset_url : entry.imageFolder
    }`;
  }
  if (field === "from" && entry.from !== null) {
    return `the work of step "${entry.from}": \`why ${entry.from}\` tells more`;
  }
  const written = WRITTEN_KEYS[field] ?? field;
  // The part that is held out is written where the whole is.
  const whole = name.replace(/\.holdout$/, "");
  return origins.get([...DATASETS, escaped(whole), written].join(".")) ??
    origins.get(`data.${written}`) ?? "derived";
}

function codeOrigin(
  [kind, ...rest]: readonly string[],
  { step }: OriginStep,
): string {
  if (step.task !== "script") return "code of the task";
  return kind === "files"
    ? `content of ${join(dirname(step.uses_path), rest.join("."))}`
    : `packages that ${step.uses_path} imports`;
}

/** Files whose content is in the record. */
function contentOrigin(part: string, { request }: OriginStep): string | null {
  const paths: Readonly<Record<string, readonly (string | undefined)[]>> = {
    weights: request.weight_files?.files.map(({ path }) => path) ?? [],
    tokenizer: [
      request.text_files?.tokenizer?.path ??
        request.weight_files?.tokenizer?.path,
    ],
    pretrained: [request.text_files?.pretrained?.path],
    lpips: [request.lpips?.path],
  };
  const known = paths[part]?.filter((path) => path !== undefined) ?? [];
  return known.length === 0 ? null : `content of ${known.join(", ")}`;
}

function escaped(name: string): string {
  return name.replaceAll(".", "\\.");
}
