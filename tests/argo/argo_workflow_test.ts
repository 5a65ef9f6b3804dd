// Pipelines as files of other tools, against golden files and the schema that Argo publishes.
import assert from "node:assert/strict";
import { Workflow } from "@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/Workflow";
import { parse } from "yaml";
import { argoWorkflow } from "../../lib/argo/argo_workflow.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { yamlText } from "../../lib/config/yaml_text.ts";
import type { Pipeline } from "../../lib/catalog/pipeline.ts";
import { ROOT } from "../cli/cli_process.ts";
import { standaloneScript } from "../../lib/slurm/standalone_script.ts";

const FILE = "tests/fixtures/pipelines/side_by_side.yaml";
const GOLDEN = "tests/fixtures/exported";
const OPTIONS = { runs: "runs", set: ["seed=5"], denoVersion: "2.9.6" };

async function load(...overrides: string[]): Promise<Pipeline> {
  const loaded = await loadPipeline(FILE, { overrides });
  assert.ok(loaded.ok);
  return loaded.value;
}

const RICH = [
  "training.pipeline.steps.left.resources.gpus=2",
  "training.pipeline.steps.left.timeout=1h",
  'training.pipeline.steps.left.permissions.env=["TOKEN"]',
  "executor.slurm.partition=gpu",
  'executor.slurm.setup=["module load cuda"]',
];

Deno.test("argoWorkflow() writes the golden manifest, which fulfils Argo's schema", async () => {
  const text = yamlText(argoWorkflow(await load(...RICH), OPTIONS));
  assert.equal(
    text,
    await Deno.readTextFile(`${GOLDEN}/side_by_side.argo.yaml`),
  );
  new Workflow(parse(text)).validate();
});

Deno.test("the schema refuses what is no manifest", async () => {
  const text = JSON.stringify(argoWorkflow(await load(), OPTIONS));
  const spoiled: readonly (readonly [string, string])[] = [
    ['"command":["deno"]', '"command":"deno"'],
    ['"limit":"10"', '"limit":[10]'],
    ['"name":"numbers","template"', '"title":"numbers","template"'],
    ['{"claimName":"{{workflow.parameters.claim}}"}', '"claim"'],
  ];
  for (const [from, to] of spoiled) {
    assert.ok(text.includes(from), from);
    const manifest = JSON.parse(text.replace(from, to));
    assert.throws(() => new Workflow(manifest).validate(), to);
  }
});

Deno.test("argoWorkflow() gives every step a name of its own that Argo takes", async () => {
  const pipeline = await load();
  const [first, second] = pipeline.steps;
  const renamed = {
    ...pipeline,
    steps: [
      { ...first!, name: "a.b" },
      { ...second!, name: "A_b", needs: ["a.b"] },
    ],
  };
  const text = JSON.stringify(argoWorkflow(renamed, OPTIONS));
  assert.ok(
    text.includes(
      '{"tasks":[{"name":"a-b","template":"a-b"},{"name":"a-b-2","template":"a-b-2","dependencies":["a-b"]}]}',
    ),
    text,
  );
});

Deno.test("argoWorkflow() gives a step the token of its shards where there is one, and declared variables once and always", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    const envOf = async (permissions: string) => {
      await Deno.writeTextFile(file, withShards(permissions));
      const loaded = await loadPipeline(file);
      assert.ok(loaded.ok, JSON.stringify(loaded));
      const text = JSON.stringify(argoWorkflow(loaded.value, OPTIONS));
      new Workflow(JSON.parse(text)).validate();
      return text.match(/"secret(Key)?Ref":\{[^}]*\}/g);
    };
    const required = '"secretKeyRef":{"name":"fluxline","key":"HF_TOKEN"}';
    const optional = required.replace("}", ',"optional":true}');
    // The step that trains reads the shards, the script does not.
    assert.deepEqual(await envOf("[]"), [optional]);
    assert.deepEqual(await envOf("[HF_TOKEN]"), [required]);
    // Which keys a pattern fits, only the pod knows.
    const all = '"secretRef":{"name":"fluxline"}';
    assert.deepEqual(await envOf('["HF_*"]'), [optional, all]);
  } finally {
    await Deno.remove(file);
  }
});

function withShards(env: string): string {
  return `
training:
  pipeline:
    datasets:
      pairs:
        type: webdataset
        webdataset_url: https://example.org/pairs/data-{000..001}.tar
        webdataset_token: \${HF_TOKEN}
    default_dataset: pairs
    steps:
      - name: vae
        train_vae: true
        n_epochs: 2
        lr: 1.0e-4
        permissions: { env: ${env} }
      - name: after
        task: script
        needs: []
        uses: ${ROOT}/tests/fixtures/pipelines/tasks/make_numbers.ts
        with: { count: 4 }
`;
}

Deno.test("standaloneScript() writes the golden script", async () => {
  const text = standaloneScript(await load(...RICH), OPTIONS);
  assert.equal(text, await Deno.readTextFile(`${GOLDEN}/side_by_side.slurm`));
});
