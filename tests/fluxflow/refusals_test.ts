// What FluxFlow's validation refuses (E1 to E21), by number, and what it accepts although it is wrong: each has its place here.
import assert from "node:assert/strict";
import { findingsOf, refusalsOf } from "../config/refusals.ts";

const DATA = "data: { data_path: pictures, captions_file: captions.tsv }\n";
const FOLDER = "{ image_folder: x, captions_file: y }";

/** A file of one step, whose keys are `step`, with `more` lines in `training.pipeline`. */
function fileOf(step: string, more: readonly string[] = []): string {
  const lines = more.map((line) => `    ${line}\n`).join("");
  return `${DATA}training:\n  lr: 1e-3\n  pipeline:\n${lines}    steps:\n      - { name: a, ${step} }\n`;
}

/** A step that trains the VAE, with more keys. */
function vae(keys: string): string {
  return fileOf(`n_epochs: 3, train_vae: true, ${keys}`);
}

function threshold(keys: string): string {
  return vae(`transition_on: { mode: loss_threshold, ${keys} }`);
}

/** By number what is written, and the words of every error about it. */
const REFUSED: Readonly<Record<string, readonly [string, readonly RegExp[]]>> =
  {
    "E1: no steps": [
      "training: { pipeline: { steps: [] } }\n",
      [/1:25 .*it has no steps/],
    ],
    "E2: default_dataset without datasets": [
      fileOf("n_epochs: 1, train_vae: true", ["default_dataset: x"]),
      [/5:22 .*"default_dataset" names "x", which is no dataset of this file/],
    ],
    "E3: default_dataset that is not among the datasets": [
      fileOf("n_epochs: 1, train_vae: true", [
        "default_dataset: emoj",
        `datasets: { emoji: ${FOLDER} }`,
      ]),
      [/5:22 .*"default_dataset" names "emoj".*did you mean "emoji"\?/],
    ],
    "E4: local dataset without image_folder": [
      fileOf("n_epochs: 1, train_vae: true", [
        "datasets: { d: { captions_file: y } }",
      ]),
      [/5:20 Cannot read dataset "d": the key "image_folder" is missing/],
    ],
    "E5: local dataset without captions_file": [
      fileOf("n_epochs: 1, train_vae: true", [
        "datasets: { d: { image_folder: x } }",
      ]),
      [/5:20 Cannot read dataset "d": the key "captions_file" is missing/],
    ],
    "E6: web dataset without an address": [
      fileOf("n_epochs: 1, train_vae: true", [
        "datasets: { d: { type: webdataset } }",
      ]),
      [/5:20 Cannot read dataset "d": the key "webdataset_url" is missing/],
    ],
    // E7 asks for a token of every web dataset; here it is the server that asks (tests/shards/fetch_shard_test.ts), and a token
    // that stands in the file is what is refused.
    "E7: web dataset with a token that is written down": [
      fileOf("n_epochs: 1, train_vae: true", [
        "datasets: { d: { type: webdataset, webdataset_url: a.tar, webdataset_token: hf_abc } }",
      ]),
      [/5:63 Cannot read "training\.pipeline\.datasets\.d\.webdataset_token": it must name an environment variable/],
    ],
    "E8: dataset type other than local and webdataset": [
      fileOf("n_epochs: 1, train_vae: true", [
        "datasets: { d: { type: folder, image_folder: x, captions_file: y } }",
      ]),
      [/5:28 Cannot read dataset "d": "type" must be one of "local", "webdataset"/],
    ],
    "E9: n_epochs of zero or less": [
      fileOf("n_epochs: -1, train_vae: true"),
      [/6:30 .*"n_epochs" must be at least 1, found -1/],
    ],
    "E10: a step names a dataset while none is defined": [
      vae("dataset: d"),
      [/6:59 .*"dataset" names "d", which is no dataset of this file/],
    ],
    "E11: a step names an unknown dataset": [
      fileOf("n_epochs: 1, train_vae: true, dataset: emoj", [
        `datasets: { emoji: ${FOLDER} }`,
      ]),
      [/7:59 .*"dataset" names "emoj".*did you mean "emoji"\?/],
    ],
    "E12: a step without a mode": [
      fileOf("n_epochs: 1"),
      [/6:17 Cannot read step "a": it trains nothing/],
    ],
    "E13: max_steps of zero or less": [
      vae("max_steps: 0"),
      [/6:61 .*"max_steps" must be at least 1, found 0/],
    ],
    "E14: unknown components in freeze and unfreeze": [
      vae("freeze: [encoder], unfreeze: [compresor]"),
      [
        /6:59 .*"freeze.0" must be one of "compressor", "expander"/,
        /6:80 .*"unfreeze.0" must be one of .*did you mean "compressor"\?/,
      ],
    ],
    "E15: a frozen component is also trained": [
      fileOf(
        "n_epochs: 1, train_vae: true, train_diff_full: true, gan_training: true, freeze: [compressor, expander, flow_processor, flow, discriminator, D_img]",
      ),
      [
        /Cannot freeze "compressor" .* trains it \("train_vae: true"\)/,
        /Cannot freeze "expander" .* trains it \("train_vae: true"\)/,
        /Cannot freeze "flow_processor" .*\("train_diff_full: true"\)/,
        /Cannot freeze "flow" .*\("train_diff_full: true"\)/,
        /Cannot freeze "discriminator" .*\("gan_training: true"\)/,
        /Cannot freeze "D_img" .*\("gan_training: true"\)/,
      ],
    ],
    "E16: an unknown optimizer type": [
      vae("optimization: { optimizers: { vae: { type: AdamX } } }"),
      [/6:93 .*"optimization.optimizers.vae.type" must be one of "AdamW", "Adam", "SGD", "RMSprop", "Adagrad", "Adadelta", "Lion"/],
    ],
    "E17: an unknown scheduler type": [
      vae("optimization: { schedulers: { vae: { type: CosineLR } } }"),
      [/6:93 .*"optimization.schedulers.vae.type" must be one of "CosineAnnealingLR", "LinearLR", "StepLR", "MultiStepLR", "ExponentialLR", "ConstantLR", "ReduceLROnPlateau"/],
    ],
    "E18: loss_threshold without a metric": [
      threshold("threshold: 0.1, max_epochs: 2"),
      [/6:65 .*"loss_threshold" names no metric/],
    ],
    "E19: loss_threshold on an unknown metric": [
      threshold("metric: vae_los, threshold: 0.1, max_epochs: 2"),
      [/6:97 Cannot watch "vae_los" .*no such metric, did you mean "vae_loss"\?/],
    ],
    "E20: loss_threshold without a threshold": [
      threshold("metric: vae_loss, max_epochs: 2"),
      [/6:65 .*"loss_threshold" has no threshold/],
    ],
    "E21: loss_threshold without max_epochs, or one of zero": [
      threshold("metric: vae_loss, threshold: 0.1, max_epochs: 0"),
      [/6:135 .*"transition_on.max_epochs" must be at least 1, found 0/],
    ],
    "accepted although wrong: duplicate names": [
      `${
        fileOf("n_epochs: 1, train_vae: true")
      }      - { name: a, n_epochs: 1, train_vae: true }\n`,
      [/7:17 Cannot use "a" as the name of a step: the step at p\.yaml:6:17 has it already/],
    ],
    "accepted although wrong: an empty name": [
      `${
        fileOf("n_epochs: 1, train_vae: true")
      }      - { name: "", n_epochs: 1, train_vae: true }\n`,
      [/7:17 Cannot use "" as the name of a step: it is empty/],
    ],
    "accepted although wrong: unknown and misspelt keys": [
      `models: { vae_dim: 8 }\noutput: { sample_caption: [x] }\n${
        vae("learning_rate: 1e-4, freze: []")
      }`,
      [
        /1:1 .*unknown key "models", did you mean "model"\?/,
        /2:11 .*unknown key "sample_caption", did you mean "sample_captions"\?/,
        /8:50 .*unknown key "learning_rate", did you mean "lr"\?/,
        /8:71 .*unknown key "freze", did you mean "freeze"\?/,
      ],
    ],
    "accepted although wrong: freeze and unfreeze of the same component": [
      vae("freeze: [flow], unfreeze: [flow_processor]"),
      [/6:59 Cannot freeze "flow" in step "a": "unfreeze" names it too/],
    ],
    "accepted although wrong: any transition mode": [
      vae("transition_on: { mode: when_good }"),
      [/6:73 .*"transition_on.mode" must be one of "epoch", "loss_threshold"/],
    ],
    "accepted although wrong: negative rate, weight and batch size": [
      vae("lr: -1, kl_beta: -1, batch_size: -2"),
      [
        /"lr" must be more than 0, found -1/,
        /"kl_beta" must be at least 0, found -1/,
        /"batch_size" must be at least 1, found -2/,
      ],
    ],
    "accepted although wrong: a dropout probability of 7": [
      fileOf("n_epochs: 1, train_diff: true, cfg_dropout_prob: 7"),
      [/"cfg_dropout_prob" must be at most 1, found 7/],
    ],
    "accepted although wrong: optimizer names that match nothing": [
      fileOf(
        "n_epochs: 1, train_diff: true, optimization: { optimizers: { flow: { lr: 1e-4 }, flow_processor: { lr: 1e-4 } }, schedulers: { unet: {} } }",
      ),
      [
        /"optimization.optimizers" has no network "flow_processor", did you mean "flow"\?/,
        /"optimization.schedulers" has no network "unet"/,
      ],
    ],
    "accepted although wrong: flags whose optimizer is missing": [
      fileOf(
        "n_epochs: 1, train_vae: true, train_diff: true, optimization: { optimizers: { vae: { lr: 1e-4 } } }",
      ),
      [/Cannot train with "train_diff: true" .*its optimizer "flow" is missing/],
    ],
    "accepted although wrong: an optimizer of a network that the step does not train":
      [
        vae("optimization: { optimizers: { vae: {}, flow: {} } }"),
        [/Cannot use the optimizer "flow" in step "a": the step trains nothing with it/],
      ],
    "unhelpful crash: a pipeline that is a bare list": [
      "training: { pipeline: [{ name: a, n_epochs: 1, train_vae: true }] }\n",
      [/1:23 Cannot read "training": "pipeline" must be a map, found a list of 1/],
    ],
    "unhelpful crash: n_epochs as text": [
      fileOf("n_epochs: five, train_vae: true"),
      [/6:30 .*"n_epochs" must be a number, found the text "five"/],
    ],
    "unhelpful crash: a rate as text": [
      vae('lr: "1e-5"'),
      [/6:54 .*"lr" must be a number, found the text "1e-5"/],
    ],
  };

for (const [name, [text, wanted]] of Object.entries(REFUSED)) {
  Deno.test(`validate refuses ${name}`, async () => {
    const found = await refusalsOf(text);
    assert.equal(found.length, wanted.length, found.join("\n"));
    for (const [index, pattern] of wanted.entries()) {
      assert.match(found[index]!, pattern);
    }
  });
}

Deno.test("validate takes null freeze, datasets and transition_on, which crashed FluxFlow, as not written", async () => {
  const text = fileOf(
    "n_epochs: 1, train_vae: true, freeze: null, unfreeze: null, transition_on: null",
    ["datasets: null", "defaults: null"],
  );
  assert.deepEqual(await findingsOf(text), []);
});

Deno.test("validate reads 1e-5 as a number, as FluxFlow's guide writes it", async () => {
  assert.deepEqual(await findingsOf(vae("kl_beta: 1e-5")), []);
});

Deno.test("validate tells every fault of a file at once, each step by its name", async () => {
  const text = `${
    fileOf("n_epochs: 0")
  }      - { name: b, n_epochs: 1, train_vae: true, max_steps: -1 }\n      - { n_epochs: 1, train_vae: true, freeze: [x] }\n`;
  const found = await refusalsOf(text);
  assert.deepEqual(
    found.map((line) => /step (?:"\w"|\d)/.exec(line)?.[0]),
    ['step "a"', 'step "b"', "step 3", "step 3"],
  );
});
