// The guide and the page for FluxFlow's users: their YAML loads, their commands run, and their table of defaults is the schema's.
import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { pipelineJsonSchema } from "../../lib/config/pipeline_json_schema.ts";
import { renderDiagnostics } from "../../lib/source/diagnostic.ts";
import { runCli } from "../cli/cli_process.ts";
import { schemaKeys } from "../config/schema_paths.ts";

const PAPERS = ["docs/guide.md", "docs/from-fluxflow.md"];

function blocksOf(text: string, language: string): string[] {
  const pattern = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g");
  return [...text.matchAll(pattern)].map(([, block = ""]) => block);
}

for (const paper of PAPERS) {
  const text = Deno.readTextFileSync(paper);

  Deno.test(`every YAML block of ${paper} loads`, async () => {
    const blocks = blocksOf(text, "yaml");
    assert(blocks.length >= 2);
    for (const block of blocks) {
      const loaded = await loadPipeline("p.yaml", {
        checkPaths: false,
        readText: (path) => Promise.resolve(path === "p.yaml" ? block : "{}"),
      });
      const found = loaded.ok ? [] : loaded.diagnostics;
      assert.equal(renderDiagnostics(found, { color: false }), "", block);
    }
  });

  Deno.test(`every command of ${paper} is one of fluxline's, on a file that exists`, async () => {
    const lines = blocksOf(text, "sh").flatMap((block) =>
      block.trim().split("\n")
    );
    assert(lines.length >= 2);
    for (const line of lines) {
      const args = /^deno task (.*)$/.exec(line)?.[1]?.split(" ") ?? [];
      const [command = ""] = args;
      if (["plan", "validate", "status", "engine"].includes(command)) {
        const { code, err } = await runCli(args);
        assert.equal(code, 0, `${line}\n${err}`);
        continue;
      }
      // What trains or writes is not run here; its words are read, and its file is there.
      assert.equal((await runCli([command, "--help"])).code, 0, line);
      assert(Deno.statSync(args[1]!).isFile, line);
    }
  });
}

Deno.test("the table of defaults in docs/from-fluxflow.md is the schema's", () => {
  const keys = schemaKeys(JSON.parse(JSON.stringify(pipelineJsonSchema())));
  const paths: Readonly<Record<string, string>> = {
    "schedulers.ExponentialLR.gamma":
      ".training.pipeline.steps<train>.optimization.schedulers.*<ExponentialLR>.gamma",
    "schedulers.ConstantLR.factor":
      ".training.pipeline.steps<train>.optimization.schedulers.*<ConstantLR>.factor",
  };
  const rows = Deno.readTextFileSync("docs/from-fluxflow.md").split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, key = ""]) => /^[a-z]+\.[A-Za-z_.]+$/.test(key));
  assert(rows.length >= 9);
  for (const [, key = "", , ours] of rows) {
    const found = keys.find(({ path }) => path === (paths[key] ?? `.${key}`));
    assert(found !== undefined, key);
    assert.equal(String(found.fallback ?? null), ours, key);
  }
});
