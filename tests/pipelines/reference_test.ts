// pipelines/reference.yaml shows every key of the schema, each with a comment, and nothing else.
import assert from "node:assert/strict";
import { parse } from "yaml";
import { TRAINING_ONLY } from "../../lib/catalog/pipeline_file.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { pipelineJsonSchema } from "../../lib/config/pipeline_json_schema.ts";
import { renderDiagnostics } from "../../lib/source/diagnostic.ts";
import { schemaKeys, valueKeys } from "../config/schema_paths.ts";

const FILE = "pipelines/reference.yaml";
const text = await Deno.readTextFile(FILE);
const schema = JSON.parse(JSON.stringify(pipelineJsonSchema()));
const keys = schemaKeys(schema).filter(({ path }) => !isRepeated(path));
const known = new Set(keys.map(({ path }) => path));

/** `defaults`, and the flat keys of `training`, are those of a train step: the steps show them. */
function isRepeated(path: string): boolean {
  const flat = /^\.training\.([^.]+)/.exec(path)?.[1];
  return path.startsWith(".training.pipeline.defaults.") ||
    (flat !== undefined && !(flat in TRAINING_ONLY));
}

Deno.test("reference.yaml shows every key of the schema", () => {
  const shown = new Set(valueKeys(parse(text), known));
  const missing = keys.filter(({ path }) => !shown.has(path)).map((
    { path, description, fallback },
  ) => {
    const place = path.slice(1).split(".");
    const key = place.pop();
    const value = JSON.stringify(fallback ?? null);
    return `add "${key}: ${value} # ${description}" below ${
      place.join(".") || "the top"
    } in ${FILE}`;
  });
  assert.equal(missing.join("\n"), "");
});

Deno.test("reference.yaml shows no key that the schema lacks", () => {
  const odd = valueKeys(parse(text), known).filter((path) =>
    !known.has(path) && !isRepeated(path) &&
    !path.includes("<script>.with.") &&
    !/^\.matrix\.(include|exclude)\./.test(path)
  );
  assert.deepEqual(odd, [], `take these out of ${FILE}`);
});

Deno.test("reference.yaml says something about every key", () => {
  const lines = text.split("\n");
  const explained = new Set(lines.flatMap((line, index) => {
    const key = /^ *(?:- )?([a-z_0-9]+):/i.exec(line)?.[1];
    const hasWords = / # \S+/.test(line) ||
      /^ *# \S+/.test(lines[index - 1] ?? "");
    return key !== undefined && hasWords ? [key] : [];
  }));
  const bare = keys.map(({ path }) => path.split(".").at(-1)!).filter((key) =>
    key !== "*" && !explained.has(key)
  );
  assert.deepEqual([...new Set(bare)], [], `write a comment in ${FILE}`);
});

Deno.test("reference.yaml loads without an error or a warning", async () => {
  const loaded = await loadPipeline(FILE);
  const found = loaded.ok ? loaded.warnings : loaded.diagnostics;
  assert.equal(renderDiagnostics(found, { color: false }), "");
});
