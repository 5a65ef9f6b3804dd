// Loads a pipeline from text, without a disk, and tells what was found as `line:column message`.
import { loadRuns } from "../../lib/config/load_matrix.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import type { Pipeline } from "../../lib/catalog/pipeline.ts";
import type { Diagnostic } from "../../lib/source/diagnostic.ts";

/** A file whose steps are `steps`, with data that every step can use. */
export function pipelineOf(steps: string, more = ""): string {
  return `data: { data_path: pictures, captions_file: captions.tsv }\ntraining:\n  lr: 1e-3\n  pipeline:\n${more}    steps:\n${steps}`;
}

/** A file with one train step `a` of these keys; they begin at line 6, column 43. */
export function stepOf(keys: string): string {
  return pipelineOf(
    `      - { name: a, n_epochs: 3, train_vae: true, ${keys} }\n`,
  );
}

/** Everything that is reported for a text. */
export async function findingsOf(
  text: string,
  overrides: readonly string[] = [],
): Promise<readonly Diagnostic[]> {
  const loaded = await loadRuns("p.yaml", {
    readText: () => Promise.resolve(text),
    checkPaths: false,
    overrides,
  });
  return loaded.ok ? loaded.warnings : loaded.diagnostics;
}

/** The errors of a text as `line:column message`; those of overrides begin with `--set#n:`. */
export async function refusalsOf(
  text: string,
  overrides: readonly string[] = [],
): Promise<string[]> {
  const found = await findingsOf(text, overrides);
  return found.filter(({ severity }) => severity === "error").map(
    ({ position, message }) => {
      const file = position.file === "p.yaml" ? "" : `${position.file}:`;
      return `${file}${position.line}:${position.column} ${message}`;
    },
  );
}

/** The pipeline of a text that has no errors. */
export async function loadedFrom(
  text: string,
  overrides: readonly string[] = [],
): Promise<Pipeline> {
  const loaded = await loadPipeline("p.yaml", {
    readText: () => Promise.resolve(text),
    checkPaths: false,
    overrides,
  });
  if (loaded.ok) return loaded.value;
  throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
}
