// README.md names what is there: exit codes, keys of the pipeline, packages, and an example that loads.
import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { DATASET_ENTRY } from "../../lib/catalog/data_section.ts";
import { MODEL_SECTION } from "../../lib/catalog/model_section.ts";
import { TOP_LEVEL } from "../../lib/catalog/pipeline_file.ts";
import { STEP_SCHEMAS } from "../../lib/catalog/step_options.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { EXIT_CODE } from "../../lib/error/exit_code.ts";
import { ROOT, textOf } from "./source_files.ts";

const README = textOf("README.md");

/** Cells of the rows of the table whose first head is `head`. */
function tableOf(head: string): string[][] {
  const lines = README.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} `));
  assert.notEqual(start, -1, `README.md has no table "${head}"`);
  const rest = lines.slice(start + 2);
  return rest.slice(0, rest.findIndex((line) => !line.startsWith("|")))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

Deno.test("README.md lists exactly the exit codes that there are", () => {
  const listed = tableOf("code").flatMap(([code]) =>
    code!.split(",").map(Number)
  );
  assert.deepEqual(listed, Object.values(EXIT_CODE));
});

Deno.test("README.md names keys that a pipeline has", () => {
  const places: Readonly<Record<string, readonly object[]>> = {
    "top": [TOP_LEVEL.entries, { model: 0, ...prefixed("model.") }],
    "step": Object.values(STEP_SCHEMAS).map(({ entries }) => entries),
    "script step": [STEP_SCHEMAS.script.entries],
    "data set": [DATASET_ENTRY.entries],
  };
  const missing = tableOf("key of ours").flatMap(([keys, wheres]) =>
    wheres!.split(", ").flatMap((where) =>
      namesIn(keys!).filter((key) =>
        !places[where]!.some((entries) => key in entries)
      ).map((key) => `${key} at ${where}`)
    )
  );
  assert.deepEqual(missing, []);
});

function prefixed(prefix: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(MODEL_SECTION.entries).map(([key, value]) => [
      `${prefix}${key}`,
      value,
    ]),
  );
}

Deno.test("README.md says what each package of deno.json is for", () => {
  const { imports } = JSON.parse(textOf("deno.json"));
  const listed = tableOf("need").flatMap(([, packages]) => namesIn(packages!));
  assert.deepEqual(
    listed.filter((name) => !name.startsWith("node:")).sort(),
    Object.keys(imports).sort(),
  );
});

Deno.test("README.md shows a pipeline that loads", async () => {
  const text = /```yaml\n([^]*?)```/.exec(README)![1]!;
  assert.equal(parse(text).name, "tiny");
  const file = join(ROOT, "pipelines", "tiny.yaml");
  const loaded = await loadPipeline(file, {
    readText: () => Promise.resolve(text),
  });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(loaded.warnings, []);
});
