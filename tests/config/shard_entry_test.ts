// Datasets of tar shards in a pipeline: what is read, what is refused, and tokens that no message shows.
import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { renderDiagnostics } from "../../lib/source/diagnostic.ts";
import { findingsOf, loadedFrom, refusalsOf } from "./refusals.ts";

const STEP = "{ name: a, n_epochs: 1, train_vae: true, lr: 1e-3 }";
const TOKEN = "hf_SecretSecret";

function fileOf(dataset: string): string {
  return [
    "training:",
    "  pipeline:",
    "    datasets:",
    `      web: ${dataset}`,
    "    default_dataset: web",
    `    steps: [${STEP}]`,
    "",
  ].join("\n");
}

function topOf(keys: string): string {
  return `data: { use_webdataset: true, ${keys} }\ntraining: { pipeline: { steps: [${STEP}] } }\n`;
}

Deno.test("loadPipeline() reads web datasets, named ones and the data section's", async () => {
  const named = await loadedFrom(
    fileOf(
      '{ type: webdataset, webdataset_url: "https://h/{0,1}.tar", webdataset_token: "${HF_TOKEN}", batch_size: 3 }',
    ),
  );
  const web = named.datasets["web"];
  assert.ok(web?.type === "webdataset");
  assert.deepEqual(web.shards, {
    kind: "remote",
    urls: ["https://h/0.tar", "https://h/1.tar"],
  });
  assert.equal(web.token_variable, "HF_TOKEN");
  assert.equal(
    named.steps[0]?.task === "train" && named.steps[0].batch_size,
    3,
  );
  const top = await loadedFrom(
    topOf("webdataset_url: shards, tt2m_token: '${T}'"),
  );
  const own = top.datasets["default"];
  assert.ok(own?.type === "webdataset");
  assert.deepEqual(own.shards, {
    kind: "local",
    patterns: ["shards"],
    paths: [],
  });
  assert.equal(own.token_variable, "T");
});

Deno.test("loadPipeline() shows a written token in no message and no line of the file", async () => {
  const texts = [
    fileOf(
      `{ type: webdataset, webdataset_url: https://h/a.tar, webdataset_token: ${TOKEN}, typo: 1 }`,
    ),
    `data: { data_path: a, captions_file: b, tt2m_token: ${TOKEN}, img_size: ${TOKEN} }\ntraining: { pipeline: { steps: [${STEP}] } }\n`,
    topOf(`webdataset_url: "https://me:${TOKEN}@h/a.tar"`),
  ];
  for (const text of texts) {
    const found = await findingsOf(text);
    assert.ok(found.some(({ severity }) => severity === "error"), text);
    const shown = renderDiagnostics(found, { color: false });
    assert.doesNotMatch(shown + JSON.stringify(found), new RegExp(TOKEN));
  }
  const overridden = await findingsOf(
    fileOf("{ type: webdataset, webdataset_url: https://h/a.tar }"),
    [`training.pipeline.datasets.web.webdataset_token=${TOKEN}`],
  );
  assert.match(overridden[0]!.message, /must name an environment variable/);
  const shown = renderDiagnostics(overridden, { color: false });
  assert.doesNotMatch(shown, new RegExp(TOKEN));
});

Deno.test("loadPipeline() refuses addresses and keys that cannot go together", async () => {
  const cases: readonly [string, RegExp][] = [
    [
      fileOf("{ type: webdataset, webdataset_url: https://h/*.tar }"),
      /4:48 .*"webdataset_url" cannot be used: it holds "\*"/,
    ],
    [
      fileOf(
        '{ type: webdataset, webdataset_url: http://h/a.tar, webdataset_token: "${T}" }',
      ),
      /4:48 .*the token would go to "http:\/\/h\/a\.tar" for everybody/,
    ],
    [
      fileOf(
        "{ type: webdataset, webdataset_url: a.tar, image_folder: x }",
      ),
      /4:55 .*"image_folder" belongs to datasets of type local/,
    ],
    [
      topOf("webdataset_url: a.tar, data_path: x"),
      /1:65 .*"data_path" stands beside "use_webdataset"/,
    ],
  ];
  const [globbed] = await findingsOf(cases[0]![0]);
  const shown = renderDiagnostics([globbed!], { color: false });
  assert.match(shown, /https:\/\/h\/\*\.tar/);
  for (const [text, wanted] of cases) {
    assert.match((await refusalsOf(text)).join("\n"), wanted);
  }
});

Deno.test("loadPipeline() looks for local shards and hub names of datasets that a step reads", async () => {
  const load = (text: string) =>
    loadPipeline("p.yaml", { readText: () => Promise.resolve(text) });
  const absent = await load(
    fileOf("{ type: webdataset, webdataset_url: tests/no/*.tar }"),
  );
  assert.ok(!absent.ok);
  assert.match(
    absent.diagnostics[0]!.message,
    /Cannot find the shards of dataset "web" "tests\/no\/\*\.tar": no file matches/,
  );
  const hub = await load(
    topOf('webdataset_url: "hf://datasets/org/pairs/*.tar"'),
  );
  assert.ok(!hub.ok);
  assert.match(
    hub.diagnostics[0]!.message,
    /"org\/pairs" is a name on the hub/,
  );
  assert.match(hub.diagnostics[0]!.hint ?? "", /Nothing is downloaded here/);
});

Deno.test("loadPipeline() warns of sizes of shards, which are counted", async () => {
  const found = await findingsOf(
    fileOf(
      "{ type: webdataset, webdataset_url: a.tar, webdataset_size: 5, webdataset_samples_per_shard: 6 }",
    ),
  );
  assert.deepEqual(
    found.map(({ severity, message }) => `${severity} ${message}`),
    [
      'warning "training.pipeline.datasets.web.webdataset_size" has no effect: the samples of the shards are counted',
      'warning "training.pipeline.datasets.web.webdataset_samples_per_shard" has no effect: the samples of the shards are counted',
    ],
  );
});
