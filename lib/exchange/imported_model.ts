// The `model` section for imported weights: what metadata say, what shapes tell, and FluxFlow's own values for the rest.
import * as v from "valibot";
import type { Component } from "../blueprint/parameter_spec.ts";
import type { ModelSection } from "../catalog/pipeline.ts";
import { MODEL_SECTION } from "../catalog/model_section.ts";
import { isRecord } from "../json/record.ts";
import type { FileOrigin } from "./file_metadata.ts";
import { type Sizes, UNSEEN } from "./infer_sizes.ts";

const TEXT = "text_encoder";

/** A model that was found. */
export interface ImportedModel {
  /** With every default filled in. */
  readonly section: ModelSection;
  /** The keys that a pipeline must say. */
  readonly said: Readonly<Record<string, unknown>>;
  /** Dotted keys that neither shapes nor metadata tell. */
  readonly assumed: readonly string[];
}

/** The section; a clause per value that no model can have where there is none. */
export function importedModel(
  origin: FileOrigin,
  sizes: Sizes,
  components: readonly Component[],
): ImportedModel | readonly string[] {
  const stored = origin.model ?? {};
  const { nested, flat } = split(sizes);
  const storedText = isRecord(stored[TEXT]) ? stored[TEXT] : {};
  const text = { ...storedText, ...nested };
  const given = {
    ...stored,
    ...flat,
    variant: origin.variant,
    [TEXT]: text,
  };
  const parsed = v.safeParse(MODEL_SECTION, given);
  if (!parsed.success) {
    return parsed.issues.map((issue) =>
      `"model.${v.getDotPath(issue)}" would be ${
        JSON.stringify(issue.input)
      }, wanted ${issue.expected ?? "another value"}`
    );
  }
  const section = parsed.output;
  const assumed = Object.keys(UNSEEN).filter((key) =>
    origin.model === null && components.includes(UNSEEN[key]!)
  );
  const assumedValues = split(
    Object.fromEntries(assumed.map((key) => [key, valueAt(section, key)])),
  );
  const saidText = { ...text, ...assumedValues.nested };
  return {
    section,
    said: inOrderOf(section, {
      variant: origin.variant,
      ...stored,
      ...flat,
      ...assumedValues.flat,
      ...(Object.keys(saidText).length === 0
        ? {}
        : { [TEXT]: inOrderOf(section[TEXT], saidText) }),
    }),
    assumed,
  };
}

/** The section as lines of YAML. */
export function modelYaml({ said, assumed }: ImportedModel): string[] {
  const line = (path: string, key: string, indent: string, value: unknown) =>
    `${indent}${key}: ${JSON.stringify(value)}${
      assumed.includes(path)
        ? " # FluxFlow's own value: no file tells this one"
        : ""
    }`;
  return [
    "model:",
    ...Object.entries(said).flatMap(([key, value]) => {
      if (value === null) return [];
      if (!isRecord(value)) return [line(key, key, "  ", value)];
      return [
        `  ${key}:`,
        ...Object.entries(value).map(([inner, entry]) =>
          line(`${key}.${inner}`, inner, "    ", entry)
        ),
      ];
    }),
  ];
}

/** The entries in the order in which the schema has them. */
function inOrderOf(
  section: Readonly<Record<string, unknown>>,
  entries: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const keys = Object.keys(section).filter((key) => key in entries);
  return Object.fromEntries(keys.map((key) => [key, entries[key]]));
}

function split(sizes: Sizes): {
  readonly flat: Record<string, number | null>;
  readonly nested: Record<string, number | null>;
} {
  const flat: Record<string, number | null> = {};
  const nested: Record<string, number | null> = {};
  for (const [key, value] of Object.entries(sizes)) {
    if (key.startsWith(`${TEXT}.`)) nested[key.slice(TEXT.length + 1)] = value;
    else flat[key] = value;
  }
  return { flat, nested };
}

function valueAt(section: ModelSection, path: string): number {
  const value = path.split(".").reduce<unknown>(
    (part, key) => isRecord(part) ? part[key] : undefined,
    section,
  );
  return Number(value);
}
