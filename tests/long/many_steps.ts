// Pipelines of thousands of script steps that do nothing, and folders with thousands of runs.
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { writeRunManifest } from "../../lib/store/run_record.ts";
import { type Ended, runCli } from "../cli/cli_process.ts";

/** Writes `many.yaml` with `count` steps into `folder`; each waits for the one before, or for none. */
export async function writeManySteps(
  folder: string,
  count: number,
  isChain: boolean,
): Promise<string> {
  const needs = isChain ? "" : ", needs: []";
  const steps = Array.from(
    { length: count },
    (_, index) =>
      `      - { name: s${index}, task: script, uses: nothing.ts, with: { n: ${index} }${needs} }\n`,
  );
  await Deno.writeTextFile(
    join(folder, "nothing.ts"),
    "export const task = () => {};\n",
  );
  const path = join(folder, "many.yaml");
  await Deno.writeTextFile(
    path,
    `name: many\ntraining:\n  pipeline:\n    steps:\n${steps.join("")}`,
  );
  return path;
}

/** Writes the manifests of `count` runs that refer to the same steps. */
export async function writeManyRuns(
  runsDir: string,
  count: number,
): Promise<void> {
  const at = new Date(0).toISOString();
  for (let index = 0; index < count; index++) {
    await writeRunManifest(runsDir, {
      run: `run${index}`,
      pipeline: "many.yaml",
      digest: "0".repeat(64),
      mode: "pipeline",
      seed: index,
      engine: "wasm",
      engineChoice: null,
      versions: {},
      createdAt: at,
      updatedAt: at,
      steps: ["prepare", "train", "compare"].map((name, step) => ({
        name,
        task: "script",
        key: `${index}${step}`.padStart(16, "0"),
        state: "waiting",
        needs: [],
        action: "run",
      })),
    });
  }
}

/** Runs the command line and answers how long it took, the start of Deno included. */
export async function timedCli(
  args: readonly string[],
): Promise<Ended & { readonly ms: number }> {
  const start = performance.now();
  const ended = await runCli(args);
  return { ...ended, ms: performance.now() - start };
}
