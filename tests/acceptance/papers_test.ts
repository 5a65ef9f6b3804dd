// The guide and the page for FluxFlow's users: their YAML is right, with the files that it names there. papers_run_test.ts runs their commands.
import assert from "node:assert/strict";
import { join } from "node:path";
import * as v from "valibot";
import {
  BUILT_COMPONENTS,
  modelSpecs,
} from "../../lib/blueprint/model_specs.ts";
import { sizeOf } from "../../lib/blueprint/parameter_spec.ts";
import { modelOptionsFrom } from "../../lib/blueprint/section_options.ts";
import { MODEL_SECTION } from "../../lib/catalog/model_section.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { fileOf, foreignName, isAdded } from "../../lib/exchange/file_names.ts";
import { renderDiagnostics } from "../../lib/source/diagnostic.ts";
import { pictureBytes } from "../data/picture_folder.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";

const PAPERS = ["docs/guide.md", "docs/from-fluxflow.md"];

function blocksOf(text: string, language: string): string[] {
  const pattern = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g");
  return [...text.matchAll(pattern)].map(([, block = ""]) => block);
}

/** Weight files of the original's model in its own size, of which the disk holds nothing but the headers. */
async function writeHollowWeights(folder: string): Promise<void> {
  const options = modelOptionsFrom(
    v.parse(MODEL_SECTION, { variant: "fluxflow" }),
  );
  const headers = new Map<string, Record<string, unknown>>();
  const ends = new Map<string, number>();
  const specs = modelSpecs(options, { components: BUILT_COMPONENTS, seed: 0 });
  for (const { name, component, shape } of specs) {
    if (isAdded(name)) continue;
    const file = fileOf(component);
    const start = ends.get(file) ?? 0;
    const end = start + 4 * sizeOf(shape);
    ends.set(file, end);
    const entry = { dtype: "F32", shape, data_offsets: [start, end] };
    headers.set(file, {
      ...headers.get(file),
      [foreignName(name)]: entry,
    });
  }
  await Deno.mkdir(folder, { recursive: true });
  for (const [file, header] of headers) {
    const text = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    await Deno.writeFile(join(folder, file), bytes);
    await Deno.truncate(join(folder, file), bytes.length + ends.get(file)!);
  }
}

for (const paper of PAPERS) {
  const text = Deno.readTextFileSync(paper);

  Deno.test(`every YAML block of ${paper} validates, with the files that it names`, async () => {
    const blocks = blocksOf(text, "yaml");
    assert(blocks.length >= 2);
    const home = Deno.cwd();
    await withTemporaryFolder(async (folder) => {
      const at = (...parts: string[]) => join(folder, ...parts);
      await Deno.mkdir(at("pictures"));
      await Deno.writeFile(at("pictures", "a.png"), pictureBytes(0, 16, 16));
      await Deno.writeTextFile(at("captions.tsv"), "a.png\ta\n");
      await Deno.writeTextFile(at("optim.json"), "{}");
      await writeHollowWeights(at("outputs", "flux"));
      Deno.chdir(folder);
      try {
        for (const block of blocks) {
          await Deno.writeTextFile("p.yaml", block);
          const loaded = await loadPipeline("p.yaml");
          const found = loaded.ok ? [] : loaded.diagnostics;
          assert.equal(renderDiagnostics(found, { color: false }), "", block);
        }
        await Deno.remove("captions.tsv");
        await Deno.remove("outputs", { recursive: true });
        const isWhole = await Promise.all(
          blocks.map(async (block) => {
            const readText = (path: string) =>
              Promise.resolve(path === "p.yaml" ? block : "{}");
            return (await loadPipeline("p.yaml", { readText })).ok;
          }),
        );
        // What they name is really looked for.
        assert.ok(isWhole.includes(false));
      } finally {
        Deno.chdir(home);
      }
    });
  });
}
