// What `plan --resolved` prints: every value with its origin, as a file that loads to the same pipeline.
import assert from "node:assert/strict";
import { findPipelines } from "../../lib/config/load_pipeline.ts";
import type { Pipeline } from "../../lib/catalog/pipeline.ts";
import { STEP_SCHEMAS } from "../../lib/catalog/step_options.ts";
import { renderResolved } from "../../lib/plan/render_resolved.ts";
import { listValues } from "../../lib/plan/resolved_node.ts";
import { resolvedValues } from "../../lib/plan/resolved_values.ts";
import { loadedFrom, pipelineOf, stepOf } from "../config/refusals.ts";

const SPADE = await Deno.readTextFile(
  new URL("../fixtures/config/spade.yaml", import.meta.url),
);

/** Origins by path of every value. */
async function originsOf(
  text: string,
  overrides: readonly string[] = [],
): Promise<Map<string, string>> {
  const pipeline = await loadedFrom(text, overrides);
  return new Map(
    listValues(resolvedValues(pipeline)).map(({ path, origin }) =>
      [path, origin] as const
    ),
  );
}

/** All that a pipeline is, without the places where it is written. */
function withoutPlaces(pipeline: Pipeline): unknown {
  const { file: _file, digest: _digest, sources: _sources, ...rest } = pipeline;
  return {
    ...rest,
    steps: rest.steps.map(({ position: _position, ...step }) => step),
    schedules: rest.schedules?.map(({ places: _places, ...entry }) => entry),
  };
}

async function assertLoadsAgain(text: string): Promise<void> {
  const pipeline = await loadedFrom(text);
  const printed = renderResolved(resolvedValues(pipeline));
  assert.deepEqual(
    withoutPlaces(await loadedFrom(printed)),
    withoutPlaces(pipeline),
    printed,
  );
}

Deno.test("resolvedValues() tells a step's own key, defaults, flat keys, datasets, overrides, derived values and defaults of the schema apart", async () => {
  const text = `training:
  lr: 1e-3
  pipeline:
    defaults: { kl_beta: 0.5, optimization: { optimizers: { vae: { eps: 1e-6 } } } }
    datasets: { d: { image_folder: x, captions_file: y, batch_size: 5 } }
    default_dataset: d
    steps:
      - { name: a.b, n_epochs: 3, train_vae: true, workers: 2 }
      - { name: c, n_epochs: 1, train_vae: true, batch_size: 7, timeout: 2h }
`;
  const set = ["training.pipeline.steps.c.n_epochs=2", "output.log_interval=3"];
  const origins = await originsOf(text, set);
  const step = (name: string, key: string) =>
    origins.get(`training.pipeline.steps.${name}.${key}`);
  assert.deepEqual([
    step("a\\.b", "n_epochs"),
    step("a\\.b", "kl_beta"),
    step("a\\.b", "optimization.optimizers.vae.eps"),
    step("a\\.b", "optimization.optimizers.vae.lr"),
    step("a\\.b", "batch_size"),
    step("c", "batch_size"),
    step("a\\.b", "workers"),
    step("a\\.b", "dataset"),
    step("a\\.b", "mse_weight"),
    step("a\\.b", "needs"),
    step("c", "init_from.compressor"),
    step("c", "timeout"),
    step("c", "n_epochs"),
    origins.get("output.log_interval"),
    origins.get("name"),
    origins.get("seed"),
  ], [
    "p.yaml:8:32",
    "p.yaml:4:26",
    "p.yaml:4:73",
    "p.yaml:2:7",
    "p.yaml:5:69",
    "p.yaml:9:62",
    "p.yaml:8:61",
    "p.yaml:6:22",
    "default",
    "derived",
    "derived",
    "p.yaml:9:74",
    "--set #1",
    "--set #2",
    "derived",
    "default",
  ]);
});

Deno.test("resolvedValues() shows every key that the schema gives a step's task", async () => {
  const pipeline = await loadedFrom(SPADE);
  const values = listValues(resolvedValues(pipeline));
  for (const { name, task } of pipeline.steps) {
    for (const key of Object.keys(STEP_SCHEMAS[task].entries)) {
      const path = `training.pipeline.steps.${name}.${key}`;
      assert(
        values.some((value) =>
          value.path === path || value.path.startsWith(`${path}.`)
        ),
        path,
      );
    }
  }
});

Deno.test("renderResolved() writes YAML that loads to the same pipeline", async () => {
  await assertLoadsAgain(SPADE);
  await assertLoadsAgain(stepOf("gan_training: true, kl_beta: 1e-7"));
  await assertLoadsAgain(
    "seed: 4\ndata: { data_path: p, captions_file: c }\ntraining: { train_vae: true, lr: 1e-3, batch_size: 4, n_epochs: 2 }\n",
  );
  await assertLoadsAgain(pipelineOf(
    '      - { name: odd, task: script, uses: a b.ts, with: { "on": yes, "x: #": "\\u0007\\u2028 #: [", deep: { list: [1, null, { a: "no" }], empty: {}, none: null } } }\n' +
      "      - { name: vae, n_epochs: 2, train_vae: true, train_spade: true, transition_on: { mode: loss_threshold, metric: recon_l1, threshold: 0.1, max_epochs: 2 } }\n" +
      "      - { name: flow, n_epochs: 1, train_diff: true, max_steps: 5, init_from: { compressor: vae, expander: vae } }\n" +
      '      - { name: draw, task: generate, prompts: ["true", "1e3", "a # b", "~"], timeout: 90 }\n',
  ));
});

Deno.test("renderResolved() of every shipped pipeline loads to the same pipeline", async () => {
  const root = new URL("../../", import.meta.url);
  const files = await findPipelines(new URL("pipelines", root).pathname);
  assert(files.length >= 2);
  for (const file of files) {
    await assertLoadsAgain(await Deno.readTextFile(file));
  }
});

Deno.test("renderResolved() puts each value's origin behind it, aligned where the line is short", async () => {
  const pipeline = await loadedFrom(stepOf("lr: 0.01"), ["seed=9"]);
  const lines = renderResolved(resolvedValues(pipeline)).split("\n");
  assert(lines.includes(`seed: 9${" ".repeat(37)}# --set #1`));
  assert(lines.includes(`        lr: 0.01${" ".repeat(28)}# p.yaml:6:54`));
  assert(
    lines.includes("      - name: a                             # p.yaml:6:17"),
  );
});
