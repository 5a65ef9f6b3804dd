// What is refused before anything starts: data, modules and files that are not there.
import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { PipelineRefused } from "../../lib/config/pipeline_refused.ts";
import { findingsOf, stepOf } from "./refusals.ts";

Deno.test("loadPipeline() finds missing data, modules and files before anything starts", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/p.yaml`;
    const text =
      "data: { data_path: none, captions_file: none.tsv }\ntraining: { lr: 1, pipeline: { steps: [\n" +
      " { name: s, task: script, uses: task.ts }, { name: a, n_epochs: 1, train_vae: true }] } }\n";
    await Deno.writeTextFile(file, text);
    const loaded = await loadPipeline(file);
    assert(!loaded.ok);
    assert.deepEqual(loaded.diagnostics.map(({ message }) => message), [
      'Cannot find the pictures of the data section "none": there is no such folder',
      'Cannot find the captions of the data section "none.tsv": there is no such file',
      'Cannot find the module of step "s" "task.ts": there is no such file',
    ]);
    await Deno.writeTextFile(`${folder}/task.ts`, "");
    const overrides = [
      `data.data_path=${folder}`,
      `data.captions_file=${folder}`,
    ];
    const again = await loadPipeline(file, { overrides });
    assert(!again.ok);
    assert.deepEqual(
      again.diagnostics.map(({ position, message }) =>
        `${position.file} ${message}`
      ),
      [
        `--set#2 Cannot find the captions of the data section "${folder}": it is not a file`,
      ],
    );
    await assert.rejects(loadPipeline(`${folder}/none.yaml`), {
      name: "RefusedError",
      message: /there is no such file$/,
    });
    await assert.rejects(loadPipeline(folder), {
      name: "RefusedError",
      message: /it is a folder$/,
    });
    await Deno.writeFile(file, new Uint8Array([0xff, 0xfe, 0x00]));
    await assert.rejects(loadPipeline(file), {
      name: "RefusedError",
      message: /it is not UTF-8 text$/,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadPipeline() tells of missing files beside unknown keys and wrong values, in a step, in its parent and in the sections", async () => {
  const text = [
    "data: { data_path: none, captions_file: none.tsv, flp: 0.5 }",
    "output: { test_image_adress: [none.png] }",
    "training: { lr: 1, pipeline: { steps: [",
    " { name: s, task: script, uses: task.ts, tries: 2 },",
    " { name: a, n_epochs: 1, train_vae: true, use_lpips: true, lpips_weights: none.safetensors, mse_weight: -1 },",
    " { name: b, n_epochs: 1, train_diff: true, foo: 1 } ] } }",
    "",
  ].join("\n");
  const loaded = await loadPipeline("p.yaml", {
    readText: () => Promise.resolve(text),
  });
  assert(!loaded.ok);
  const errors = loaded.diagnostics.filter(({ severity }) =>
    severity === "error"
  );
  assert.deepEqual(errors.map(({ message }) => message), [
    'Cannot find the pictures of the data section "none": there is no such folder',
    'Cannot find the captions of the data section "none.tsv": there is no such file',
    'Cannot read "data": unknown key "flp", did you mean "flip"?',
    'Cannot find the test picture "none.png": there is no such file',
    'Cannot read "output": unknown key "test_image_adress", did you mean "test_image_address"?',
    'Cannot find the module of step "s" "task.ts": there is no such file',
    'Cannot read step "s": unknown key "tries"',
    'Cannot find the LPIPS weights "none.safetensors": there is no such file',
    'Cannot read step "a": "mse_weight" must be at least 0, found -1',
    'Cannot read step "b": unknown key "foo"',
  ]);
});

Deno.test("PipelineRefused tells every error and exits with 3", async () => {
  const refused = new PipelineRefused(
    "p.yaml",
    await findingsOf(stepOf("zzz: 1")),
  );
  assert.equal(refused.exitCode, 3);
  assert.match(
    refused.message,
    /^Cannot use "p.yaml": 1 error\n\nerror: Cannot read step "a": unknown key "zzz"\n/,
  );
});
