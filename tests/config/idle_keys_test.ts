// Keys without effect are told, never passed over.
import assert from "node:assert/strict";
import { findingsOf } from "./refusals.ts";

const STEP = "{ name: a, n_epochs: 1, train_vae: true, lr: 1e-3 }";

Deno.test("loadPipeline() warns of web dataset keys in a file that uses none", async () => {
  const found = await findingsOf([
    "data:",
    "  data_path: a",
    "  captions_file: b",
    "  use_webdataset: false",
    "  webdataset_token: null",
    "  webdataset_size: 100",
    "  dataloader_max_retries: 3",
    `training: { pipeline: { steps: [${STEP}] } }`,
    "",
  ].join("\n"));
  assert.deepEqual(
    found.map(({ severity, message, position }) =>
      `${severity} ${position.line}:${position.column} ${message}`
    ),
    [
      'warning 6:3 "data.webdataset_size" has no effect: only web datasets read it, and this file uses none',
      'warning 7:3 "data.dataloader_max_retries" has no effect: only web datasets read it, and this file uses none',
    ],
  );
});

Deno.test("loadPipeline() warns of output_path and use_gradient_checkpointing, which FluxFlow files carry", async () => {
  const found = await findingsOf([
    "output: { output_path: outputs/run }",
    "model: { use_gradient_checkpointing: true }",
    "data: { data_path: a, captions_file: b }",
    `training: { pipeline: { steps: [${STEP}] } }`,
    "",
  ].join("\n"));
  assert.deepEqual(found.map(({ message }) => message), [
    '"output.output_path" has no effect: what a run makes lies in its folder under --runs',
    '"model.use_gradient_checkpointing" has no effect: activations are always kept, which costs memory and changes no result',
  ]);
});
