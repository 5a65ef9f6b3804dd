// The guide and the page for FluxFlow's users: their YAML loads. papers_run_test.ts runs their commands.
import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { renderDiagnostics } from "../../lib/source/diagnostic.ts";

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
}
