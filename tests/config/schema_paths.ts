// The keys of the pipeline schema, and of a file, as paths that can be compared: `training.pipeline.steps<compare>.arms`.
import { isRecord } from "../../lib/json/record.ts";
import { SHARED_KEYS } from "../../lib/catalog/step_options.ts";

/** One key of the schema. */
export interface SchemaKey {
  readonly path: string;
  readonly description: string;
  readonly fallback: unknown;
}

/**
 * Every key of a JSON Schema below `path`. Maps of named things have `*` for the name; where a map has variants, the word
 * that tells them apart follows in angle brackets. Keys that every task has are those of `steps` without one.
 */
export function schemaKeys(schema: unknown, path = ""): SchemaKey[] {
  if (!isRecord(schema)) return [];
  const variants = [schema["anyOf"], schema["oneOf"]].flatMap((list) =>
    Array.isArray(list) ? list : []
  );
  const { items, additionalProperties, properties } = schema;
  return [
    ...variants.flatMap((variant) => schemaKeys(variant, path)),
    ...(Array.isArray(items) ? [] : schemaKeys(items, path)),
    ...schemaKeys(additionalProperties, `${path}.*`),
    ...(isRecord(properties) ? propertyKeys(properties, path) : []),
  ];
}

function propertyKeys(
  properties: Record<string, unknown>,
  path: string,
): SchemaKey[] {
  const label = labelOf((key) => {
    const property = properties[key];
    if (!isRecord(property)) return undefined;
    return property["const"] ?? property["default"];
  }, path);
  return Object.entries(properties).flatMap(([key, property]) => {
    const at = keyPath(path, label, key);
    const { description = "", default: fallback } = isRecord(property)
      ? property
      : {};
    const own = { path: at, description: String(description), fallback };
    return [own, ...schemaKeys(property, at)];
  });
}

/** Every key of a file's values, in the same words; `known` says which paths are maps of named things. */
export function valueKeys(
  value: unknown,
  known: ReadonlySet<string>,
  path = "",
): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => valueKeys(item, known, path));
  }
  if (!isRecord(value)) return [];
  const isNamed = [...known].some((one) => one.startsWith(`${path}.*`));
  const label = labelOf((key) => value[key], path);
  return Object.entries(value).flatMap(([key, child]) => {
    const at = isNamed ? `${path}.*` : keyPath(path, label, key);
    return [...(isNamed ? [] : [at]), ...valueKeys(child, known, at)];
  });
}

const DEFAULTS: Readonly<Record<string, readonly [string, string]>> = {
  ".training.pipeline.steps": ["task", "train"],
  ".training.pipeline.steps<train>.optimization.optimizers.*": [
    "type",
    "AdamW",
  ],
  ".training.pipeline.steps<train>.optimization.schedulers.*": [
    "type",
    "CosineAnnealingLR",
  ],
};

function labelOf(valueOf: (key: string) => unknown, path: string): string {
  const [key, fallback] = DEFAULTS[path] ?? [];
  return key === undefined ? "" : `<${String(valueOf(key) ?? fallback)}>`;
}

function keyPath(path: string, label: string, key: string): string {
  const isShared = path.endsWith(".steps") && key in SHARED_KEYS;
  return `${path}${isShared ? "" : label}.${key}`;
}
