// Tokenizers and pretrained text encoders from local files and from names on the hub, through the real command line.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  PIPELINE,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";
import { loadTokenizer } from "../../lib/data/tokenizer.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { ownName } from "../../lib/exchange/file_names.ts";
import { decodePretrained } from "../../lib/exchange/pretrained_text.ts";
import { decodeSafetensors } from "../../lib/format/safetensors.ts";
import { buildModel } from "../../lib/models/flux_model.ts";
import { textVectors } from "../../lib/train/text_source.ts";
import { testWith } from "../support/outside_program.ts";
import { tinyModel } from "../support/tiny_model.ts";
import {
  HUB_SIZES,
  makeHubModel,
  PYTHON_TRANSFORMERS,
  torchTextVectors,
} from "./hub_model.ts";
import { currentTensors } from "../support/current_tensors.ts";

const FLOW =
  "{ name: flow, train_diff: true, n_epochs: 1, optimization: { optimizers: { flow: { type: AdamW, lr: 0.001 }, text_encoder: { type: AdamW, lr: 0.01 } } } }";
const NAME = "tiny-distilbert";
const sets = (values: Record<string, unknown>) =>
  Object.entries(values).flatMap((
    [key, value],
  ) => ["--set", `${key}=${value}`]);
const SIZES = sets(
  Object.fromEntries(
    Object.entries(HUB_SIZES).map((
      [key, value],
    ) => [`model.text_encoder.${key}`, value]),
  ),
);
const NAMED = sets({
  "data.hub_dir": "hub",
  "data.tokenizer_name": NAME,
  "model.pretrained_bert_model": NAME,
});

/** A project with a flow step, and the model in its folder `hub`. */
async function projectWithHub(): Promise<SmallProject> {
  const project = await SmallProject.open(vaeStep("vae"), FLOW);
  await Deno.mkdir(project.path("hub", NAME), { recursive: true });
  await makeHubModel(project.path("hub", NAME));
  return project;
}

testWith(
  PYTHON_TRANSFORMERS,
  "a named tokenizer and pretrained model train a flow; the language model survives, and PyTorch reads the export and agrees",
  async () => {
    await using project = await SmallProject.open(vaeStep("vae"), FLOW);
    await Deno.mkdir(project.path("hub", NAME), { recursive: true });
    const read = await makeHubModel(project.path("hub", NAME));
    const trained = await project.train("--quiet", ...SIZES, ...NAMED);
    assert.equal(trained.code, 0, trained.err);

    const folder = project.path("hub", NAME);
    const file = JSON.parse(
      await Deno.readTextFile(join(folder, "tokenizer.json")),
    );
    const tokenizer = loadTokenizer(file);
    for (const [row, text] of read.texts.entries()) {
      const { ids, mask } = tokenizer.encode(text, 8);
      assert.deepEqual([...ids], read.ids[row], text);
      assert.deepEqual([...mask], read.mask[row], text);
    }
    const given = decodePretrained(
      await Deno.readFile(join(folder, "model.safetensors")),
    );
    const weights = await currentTensors(project.stepFolder("flow"));
    const kept = [...weights.keys()].filter((name) =>
      name.startsWith("text_encoder.language_model.")
    );
    assert.deepEqual(kept.sort(), [...given.keys()].sort());
    for (const name of kept) {
      assert.deepEqual(weights.get(name)!.data, given.get(name)!.data, name);
    }
    const slots = [
      ...(await currentTensors(project.stepFolder("flow"), "optimizer")).keys(),
    ];
    const moved = slots.filter((name) => name.includes("text_encoder."));
    assert.ok(moved.some((name) => name.includes("ouput_layer.0.weight")));
    assert.ok(!moved.some((name) => name.includes("language_model")));

    const { code, err } = await project.run(
      ...["export", PIPELINE, "flow", "--to", "out", "--weights", "raw"],
      ...SIZES,
      ...NAMED,
    );
    assert.equal(code, 0, err);
    assert.deepEqual(
      JSON.parse(await Deno.readTextFile(project.path("out/tokenizer.json"))),
      file,
    );
    const exported = project.path("out/text_encoder.safetensors");
    const torch = await torchTextVectors(exported, read);
    await startEngine("wasm");
    using model = textModel();
    const { tensors } = decodeSafetensors(await Deno.readFile(exported));
    model.parameters.load(
      new Map([...tensors].map(([name, { shape, data }]) => [
        ownName(name)!,
        { shape, data: data as Float32Array },
      ])),
      ["text_encoder"],
    );
    const vectors = textVectors(model, read.texts, {
      tokenizer,
      maxTokens: 8,
      prefix: null,
    });
    const rows = await vectors.array();
    vectors.dispose();
    rows.flat().forEach((value, at) => {
      const wanted = torch.flat()[at]!;
      assert.ok(Math.abs(value - wanted) < 1e-4, `${at}: ${value}, ${wanted}`);
    });
  },
);

function textModel() {
  const { vocab_size, hidden_dim, max_positions, ...rest } = HUB_SIZES;
  return buildModel(
    tinyModel({
      textEmbeddingDim: 8,
      textEncoder: {
        ...rest,
        vocabSize: vocab_size,
        hiddenDim: hidden_dim,
        maxPositions: max_positions,
        headDim: 4,
      },
    }),
    { components: ["text_encoder"], seed: 3 },
  );
}

testWith(
  PYTHON_TRANSFORMERS,
  "content decides the key: a file elsewhere reuses, another content redoes, and steps without captions never notice",
  async () => {
    await using project = await projectWithHub();
    const keysOf = async (...more: string[]) => {
      const steps = await project.plan(...SIZES, ...more);
      return steps.map(({ key }) => key);
    };
    const [vae, flow] = await keysOf(...NAMED);
    await Deno.mkdir(project.path("cache/hub"), { recursive: true });
    const snapshot = project.path(
      `cache/hub/models--${NAME}/snapshots/abc`,
    );
    const blobs = project.path("blobs");
    await Deno.rename(project.path("hub", NAME), blobs);
    await Deno.mkdir(snapshot, { recursive: true });
    for (const { name } of [...Deno.readDirSync(blobs)]) {
      await Deno.symlink(join(blobs, name), join(snapshot, name));
    }
    const cached = [...NAMED, ...sets({ "data.hub_dir": "cache" })];
    assert.deepEqual(await keysOf(...cached), [vae, flow]);
    const paths = sets({
      "data.tokenizer_name": "blobs/tokenizer.json",
      "model.pretrained_bert_model": "./blobs",
    });
    assert.deepEqual(await keysOf(...paths), [vae, flow]);
    const steps = await project.plan(...SIZES, ...cached);
    const { read } = steps[1]!.permissions as { read: string[] };
    assert.ok(read.includes("blobs/model.safetensors"), read.join());
    assert.ok(read.includes("blobs/tokenizer.json"), read.join());
    const without = await keysOf();
    assert.equal(without[0], vae);
    assert.notEqual(without[1], flow);
    const text = await Deno.readTextFile(project.path("blobs/tokenizer.json"));
    await Deno.writeTextFile(project.path("blobs/tokenizer.json"), `${text} `);
    const changed = await keysOf(...paths);
    assert.equal(changed[0], vae);
    assert.notEqual(changed[1], flow);
  },
);

testWith(
  PYTHON_TRANSFORMERS,
  "names and files that do not do are refused before anything starts, all at once, with the way out",
  async () => {
    await using project = await projectWithHub();
    const refusal = async (...more: string[]) => {
      const { code, err } = await project.run("validate", PIPELINE, ...more);
      assert.equal(code, 3, err);
      return err;
    };
    const unset = await refusal(...sets({
      "data.tokenizer_name": "distilbert-base-uncased",
      "model.pretrained_bert_model": "distilbert-base-uncased",
    }));
    assert.match(
      unset,
      /Cannot find the tokenizer "distilbert-base-uncased": "distilbert-base-uncased" is a name on the hub, and `data\.hub_dir` names no folder/,
    );
    assert.match(
      unset,
      /put model\.safetensors and config\.json into hub\/distilbert-base-uncased \(`hf download distilbert-base-uncased --local-dir/,
    );
    assert.match(
      await refusal(...sets({ "data.tokenizer_name": "./no/tokenizer.json" })),
      /Cannot find the tokenizer "\.\/no\/tokenizer\.json": there is no such file or folder/,
    );
    const sizes = await refusal(...NAMED);
    assert.match(
      sizes,
      /"model\.text_encoder\.vocab_size" is 17 there and 64 here; "model\.text_encoder\.layers" is 2 there and 1 here/,
    );
    assert.match(
      sizes,
      /Write `text_encoder: \{ vocab_size: 17, dim: 8, layers: 2, heads: 2, hidden_dim: 16, max_positions: 8 \}`/,
    );
    const small = [
      ...SIZES,
      ...NAMED,
      ...sets({
        "model.text_encoder.vocab_size": 16,
      }),
    ];
    assert.match(
      await refusal(...small),
      /it has 17 tokens, and the text encoder has room for 16/,
    );
    const words = [
      ...SIZES,
      ...sets({
        "data.hub_dir": "hub",
        "model.pretrained_bert_model": NAME,
      }),
    ];
    assert.match(
      await refusal(...words),
      /the tokenizer "words" gives words other numbers.*\n[\s\S]*Write `data\.tokenizer_name: tiny-distilbert`/,
    );
    const weights = project.path("hub", NAME, "model.safetensors");
    const bytes = await Deno.readFile(weights);
    await Deno.writeFile(weights, bytes.subarray(0, bytes.length - 4));
    await Deno.writeTextFile(project.path("hub", NAME, "tokenizer.json"), "{");
    const damaged = await refusal(...SIZES, ...NAMED);
    assert.match(damaged, /Cannot use the text encoder of .*its arrays claim/);
    assert.match(damaged, /Cannot use the tokenizer .*it is no JSON/);
    await Deno.remove(weights);
    assert.match(
      await refusal(...SIZES, ...NAMED),
      /has no model\.safetensors/,
    );
  },
);
