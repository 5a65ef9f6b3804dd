import assert from "node:assert/strict";
import type {
  FolderEntry,
  ModelSection,
  Step,
} from "../../lib/catalog/pipeline.ts";
import { describeChanges, workChanges } from "../../lib/plan/work_changes.ts";
import { workRecord } from "../../lib/plan/work_record.ts";
import { datasetRoles, stepRoles } from "../../lib/plan/step_inputs.ts";
import { workKey } from "../../lib/store/store_layout.ts";
import {
  builtPipeline,
  compareStep,
  dataset,
  scriptStep,
  trainStep,
} from "./built_pipeline.ts";

function keyOf(
  step: Step,
  parts: {
    seed?: number;
    fingerprint?: string;
    image?: string;
    view?: Partial<FolderEntry>;
  } = {},
) {
  const pipeline = builtPipeline([step], {}, { seed: parts.seed ?? 0 });
  const entry = {
    ...dataset({ folder: parts.image ?? "/d" }),
    ...parts.view,
  };
  const set = { entry, fingerprint: parts.fingerprint ?? "f", fromKey: null };
  return workKey(workRecord(step, {
    pipeline,
    needs: new Map(
      [...stepRoles(step)].map(([role, need]) => [role, `key of ${need}`]),
    ),
    datasets: new Map([["train", set]]),
    modules: null,
  }));
}

/** The same record with its keys in the opposite order. */
function turned<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).reverse()) as T;
}

Deno.test("workRecord() gives the same key whatever is cosmetic", () => {
  const plain = trainStep("a");
  const key = keyOf(plain);
  const cosmetic: Partial<typeof plain>[] = [
    { name: "b" },
    { description: "text" },
    { index: 7 },
    { workers: 9 },
    { retry: { attempts: 5, backoff_seconds: 1 } },
    { timeout_seconds: 60 },
    { permissions: { read: ["x"], write: [], net: [], env: [] } },
    {
      checkpoint: {
        interval_batches: 1,
        interval_minutes: 1,
        max_lost_minutes: 5,
        keep_last: 9,
        keep_best: null,
      },
    },
    { freeze: ["text_encoder"], frozen: ["text_encoder"] },
    { dataset: "other_name" },
    { position: { ...plain.position, line: 99 } },
  ];
  for (const change of cosmetic) {
    assert.equal(keyOf({ ...plain, ...change }), key, JSON.stringify(change));
  }
  assert.equal(keyOf(turned(plain)), key, "order of keys");
  assert.equal(keyOf(plain, { image: "/elsewhere" }), key, "place of the data");
});

Deno.test("workRecord() holds no token", () => {
  const step = trainStep("a");
  const tokens = { webdataset_token: "secret", tt2m_token: "secret" };
  const pipeline = builtPipeline([step], {});
  const record = workRecord(step, {
    pipeline: { ...pipeline, data: { ...pipeline.data, ...tokens } },
    needs: new Map(),
    datasets: new Map(),
    modules: null,
  });
  assert.ok(!JSON.stringify(record).includes("secret"));
});

Deno.test("workRecord() gives another key for whatever can change the result", () => {
  const plain = trainStep("a");
  const keys = new Set([keyOf(plain)]);
  const changed: Partial<typeof plain>[] = [
    { n_epochs: 4 },
    { batch_size: 4 },
    { train_spade: true },
    { trains: ["compressor"] },
    { init_from: { compressor: "warmup" } },
    { init_from: { compressor: "other" } },
    { needs: ["order_only"] },
    { transition_on: { mode: "loss_threshold", metric: "loss" } as never },
    {
      optimization: {
        optimizers: { vae: { type: "SGD", lr: 1 } as never },
        schedulers: {},
      },
    },
  ];
  for (const change of changed) keys.add(keyOf({ ...plain, ...change }));
  keys.add(keyOf(plain, { seed: 1 }));
  keys.add(keyOf(plain, { fingerprint: "g" }));
  const views: Partial<FolderEntry>[] = [
    { flip: true },
    { crop: "random", crop_scale: 0.5 },
    { crop: "random", crop_scale: 0.75 },
    { split: { share: 0.1, part: "training" } },
    { split: { share: 0.1, part: "holdout" } },
    { split: { share: 0.2, part: "holdout" } },
  ];
  for (const view of views) keys.add(keyOf(plain, { view }));
  assert.equal(keys.size, 1 + changed.length + 2 + views.length);
});

Deno.test("workRecord() leaves model and data out of a script's work, and its code in", () => {
  const step = scriptStep("s", "/t.ts");
  const parts = {
    needs: new Map(),
    datasets: new Map(),
    modules: { files: { "t.ts": "00" }, packages: ["npm:yaml@2.9.1"] },
    tokenizer: null,
  };
  const small = builtPipeline([step], {});
  const large = { ...small, model: { vae_dim: 64 } as ModelSection };
  const record = workRecord(step, { ...parts, pipeline: small });
  assert.deepEqual(record, workRecord(step, { ...parts, pipeline: large }));
  assert.deepEqual(record, {
    keyFormat: 1,
    body: 1,
    task: "script",
    seed: 0,
    options: { with: {} },
    needs: {},
    code: parts.modules,
  });
});

Deno.test("workRecord() does not depend on the order of steps that are only waited for", () => {
  assert.equal(
    keyOf(trainStep("a", { needs: ["x", "y"] })),
    keyOf(trainStep("a", { needs: ["y", "x"] })),
  );
});

Deno.test("stepRoles() and datasetRoles() name every input", () => {
  const train = trainStep("a", {
    needs: ["emoji", "vae"],
    init_from: { expander: "vae" },
    eval_dataset: "held",
  });
  assert.deepEqual([...stepRoles(train)], [["after.0", "emoji"], [
    "init_from.expander",
    "vae",
  ]]);
  assert.deepEqual([...datasetRoles(train)], [["train", "icons"], [
    "eval",
    "held",
  ]]);
  const compare = compareStep("c", ["on", "off"], "held");
  assert.deepEqual([...stepRoles(compare).keys()], [
    "arm.off",
    "arm.off.compressor",
    "arm.off.expander",
    "arm.on",
    "arm.on.compressor",
    "arm.on.expander",
  ]);
  const script = scriptStep("s", "/t.ts", { needs: ["emoji"] });
  assert.deepEqual([...stepRoles(script)], [["input.emoji", "emoji"]]);
});

Deno.test("workChanges() names changed leaves, and describeChanges() shortens them", () => {
  const key = "0123456789abcdef";
  const before = {
    options: { lr: 1e-4, betas: [0.9, 0.99], gone: true },
    needs: { a: key },
  };
  const after = {
    needs: { a: `f${key.slice(1)}` },
    options: { betas: [0.9, 0.95], lr: 1e-4 },
  };
  const changes = workChanges(before, after);
  assert.deepEqual(changes.map((change) => change.key), [
    "needs.a",
    "options.betas",
    "options.gone",
  ]);
  assert.equal(
    describeChanges(changes),
    "input a 01234567 -> f1234567, betas [0.9,0.99] -> [0.9,0.95], gone true -> none",
  );
  assert.equal(
    describeChanges(changes, 1),
    "input a 01234567 -> f1234567 and 2 more",
  );
  assert.deepEqual(workChanges(before, turned(before)), []);
});
