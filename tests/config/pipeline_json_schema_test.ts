import assert from "node:assert/strict";
import { pipelineJsonSchema } from "../../lib/config/pipeline_json_schema.ts";
import { TRAIN_STEP } from "../../lib/catalog/step_options.ts";

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly enum?: readonly unknown[];
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

Deno.test("pipelineJsonSchema() knows every section and every key of a train step, closed, with defaults and descriptions", () => {
  const schema: unknown = JSON.parse(JSON.stringify(pipelineJsonSchema()));
  assert(isRecord(schema));
  assert.equal(schema.additionalProperties, false);
  const keys = [
    "name",
    "seed",
    "model",
    "data",
    "training",
    "optimization",
    "output",
    "checkpoint",
  ];
  for (const key of keys) assert(schema.properties?.[key] !== undefined, key);
  const steps = schema.properties?.["training"]?.properties?.["pipeline"]
    ?.properties?.["steps"]?.items?.anyOf;
  assert.equal(steps?.length, 5);
  const train = steps?.[0];
  assert.deepEqual(
    Object.keys(train?.properties ?? {}),
    Object.keys(TRAIN_STEP.entries),
  );
  assert.equal(train?.additionalProperties, false);
  const described = Object.entries(train?.properties ?? {}).filter((
    [, value],
  ) => JSON.stringify(value).includes('"description"'));
  assert(described.length > 40);
  assert(
    JSON.stringify(train?.properties?.["kl_beta"]).includes('"default":0.0001'),
  );
});
