import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { rangeValues } from "../../lib/config/matrix_range.ts";
import { labelsFrom, matrixFrom, matrixText } from "./matrix_cases.ts";
import { refusalsOf } from "./refusals.ts";

Deno.test("loadRuns() makes a run of every combination, seeds last, each with its values and a name of its own", async () => {
  const matrix = await matrixFrom(`seed: 3
matrix:
  axes:
    training.lr: [1e-4, 3e-4]
    norms: { path: [training.initial_clipping_norm], from: 0.1, to: 0.3, step: 0.1 }
  seeds: 2`);
  const labels = matrix.cells.map(({ cell }) => cell.label);
  assert.equal(labels.length, 12);
  assert.deepEqual(labels.slice(0, 3), [
    "lr-0.0001.norms-0.1.seed-3",
    "lr-0.0001.norms-0.1.seed-4",
    "lr-0.0001.norms-0.2.seed-3",
  ]);
  const { cell, pipeline } = matrix.cells.at(-1)!;
  assert.equal(pipeline.name, "p.lr-0.0003.norms-0.3.seed-4");
  assert.equal(pipeline.seed, 4);
  const [step] = pipeline.steps;
  assert(step?.task === "train");
  assert.equal(step.lr, 3e-4);
  assert.equal(step.initial_clipping_norm, 0.3);
  assert.deepEqual(cell.values, { lr: 3e-4, norms: 0.3 });
  const digests = matrix.cells.map(({ pipeline }) => pipeline.digest);
  assert.equal(new Set(digests).size, 12);
});

Deno.test("loadRuns() tells axes of one last word apart by the word before it, and sets several options at once", async () => {
  assert.deepEqual(
    await labelsFrom(`matrix:
  axes:
    training.pipeline.steps.vae.n_epochs: [1]
    training.pipeline.steps.more.n_epochs: [2, 3]`),
    [
      "vae.n_epochs-1.more.n_epochs-2",
      "vae.n_epochs-1.more.n_epochs-3",
    ],
  );
  const both = await matrixFrom(`matrix:
  axes:
    epochs:
      path: [training.pipeline.steps.vae.n_epochs, training.pipeline.steps.more.n_epochs]
      values: [5]`);
  const epochs = both.cells[0]!.pipeline.steps.map((step) =>
    step.task === "train" ? step.n_epochs : 0
  );
  assert.deepEqual(epochs, [5, 5]);
});

Deno.test("loadRuns() tells the options of an included cell apart from the axes and from each other", async () => {
  const matrix = await matrixFrom(`matrix:
  axes: { training.lr: [1e-4] }
  include: [{ lr: 1e-3, training.pipeline.defaults.lr: 1e-2 }]`);
  assert.deepEqual(matrix.cells.at(-1)!.cell.shown, {
    "lr": "0.001",
    "training.pipeline.defaults.lr": "0.01",
  });
});

Deno.test("loadRuns() leaves excluded combinations out and adds included ones", async () => {
  assert.deepEqual(
    await labelsFrom(`matrix:
  axes:
    training.lr: [1e-4, 3e-4]
    training.batch_size: [2, 4]
  exclude: [{ lr: 0.0003, batch_size: 4 }, { training.lr: 1e-4, batch_size: 2 }]
  include:
    - { lr: 0.01 }
    - { training.pipeline.steps.vae.n_epochs: 9, lr: { name: tiny, value: 1e-9 } }`),
    [
      "lr-0.0001.batch_size-4",
      "lr-0.0003.batch_size-2",
      "lr-0.01",
      "n_epochs-9.lr-tiny",
    ],
  );
});

Deno.test("loadPipeline() reads the pipeline around a matrix, one cell of it, or refuses to choose", async () => {
  const text = matrixText("matrix: { axes: { training.lr: [1e-4, 3e-4] } }");
  const load = (more: Parameters<typeof loadPipeline>[1]) =>
    loadPipeline("p.yaml", {
      readText: () => Promise.resolve(text),
      checkPaths: false,
      ...more,
    });
  const around = await load({});
  assert.equal(around.ok && around.value.name, "p");
  const one = await load({ cell: "lr-0.0003", needsOneRun: true });
  assert.equal(one.ok && one.value.name, "p.lr-0.0003");
  const whole = await matrixFrom(
    "matrix: { axes: { training.lr: [1e-4, 3e-4] } }",
  );
  assert.equal(
    one.ok && one.value.digest,
    whole.cells[1]!.pipeline.digest,
  );
  const none = await load({ needsOneRun: true });
  assert.match(
    none.ok ? "" : none.diagnostics[0]!.message,
    /Cannot tell which run is meant: the matrix stands for 2/,
  );
  await assert.rejects(
    load({ cell: "lr-0.003" }),
    /Cannot find cell "lr-0.003" in the matrix of "p.yaml", did you mean "lr-0.0003"/,
  );
  const added = { axes: [], seeds: 2 };
  const seeded = await load({ cell: "lr-0.0003.seed-1", added });
  assert.equal(seeded.ok && seeded.value.seed, 1);
  await assert.rejects(load({ cell: "lr-0.0003", added }), /Cannot find cell/);
});

Deno.test("rangeValues() spaces numbers evenly or by ratio, without the dirt of binary fractions", () => {
  const range = { from: 0.1, to: 0.5, step: null, count: null };
  assert.deepEqual(rangeValues({ ...range, step: 0.1, scale: "linear" }), [
    ...[0.1, 0.2, 0.3, 0.4, 0.5],
  ]);
  assert.deepEqual(rangeValues({ ...range, count: 3, scale: "linear" }), [
    ...[0.1, 0.3, 0.5],
  ]);
  assert.deepEqual(
    rangeValues({ from: 1e-4, to: 1e-2, step: null, count: 4, scale: "log" }),
    [1e-4, 0.000464, 0.00215, 1e-2],
  );
});

const VAE_EPOCHS = "training.pipeline.steps.vae.n_epochs";

const REFUSED: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "an empty matrix",
    "matrix: {}",
    ["1:1 Cannot run an empty matrix: it has no cell"],
  ],
  [
    "all of it excluded",
    "matrix: { axes: { training.lr: [1] }, exclude: [{ lr: 1 }] }",
    ["1:1 Cannot run an empty matrix: it has no cell"],
  ],
  [
    "axes without values, and what cannot be an axis",
    "matrix: { axes: { training.lr: [], seed: [1], training.x.: [1], a: 3, b: { from: 1, to: 2 }, c: { from: 2, to: 1, count: 2 } }, seeds: [] }",
    [
      '1:19 Cannot read matrix axis "training.lr": it has no values, so there is nothing to run',
      '1:36 Cannot use "seed" as an axis of a matrix',
      '1:47 Cannot use "training.x." as an axis of a matrix: it is not of the form key.key',
      '1:68 Cannot read matrix axis "a": wanted a list of values or a map with a range, found 3',
      '1:74 Cannot read matrix axis "b": the range has neither a step nor a count',
      '1:97 Cannot read matrix axis "c": the range from 2 to 1 is empty',
      '1:136 Cannot read "matrix": "seeds" is an empty list, so there is nothing to run',
    ],
  ],
  [
    "unknown options, once per axis",
    "matrix: { axes: { training.lrr: [1e-4, 2e-4], training.pipeline.steps.va.n_epochs: [1, 2] } }",
    [
      '1:19 Cannot read "training": unknown key "lrr", did you mean "lr"?',
      '1:47 Cannot set an item of the list: it has no item "va", did you mean "vae"?',
    ],
  ],
  [
    "cells that share a name",
    "matrix: { axes: { training.lr: [1e-4, 0.0001] }, seeds: [2, 2] }",
    [
      '1:39 Cannot read matrix axis "training.lr": two of its values are called "0.0001", so that cells would share a name',
      '1:57 Cannot read "matrix": the seed 2 is there twice, so that cells would share a name',
    ],
  ],
  [
    "cells that are no file names",
    `matrix: { axes: { training.pipeline.steps.vae.description: ["a/b", { type: x }, ${
      "x".repeat(70)
    }] } }`,
    [
      '1:61 Cannot name a cell after the text "a/b" of matrix axis "training.pipeline.steps.vae.description", since the name of a cell is the name of a folder: it holds "/"; letters, digits, ".", "_" and "-" are allowed',
      '1:68 Cannot name a cell after a map of matrix axis "training.pipeline.steps.vae.description", since the name of a cell is the name of a folder: a map has no short name',
      `1:81 Cannot name a cell after the text "${
        "x".repeat(57)
      }..." of matrix axis "training.pipeline.steps.vae.description", since the name of a cell is the name of a folder: it has 70 characters, at most 64 are allowed`,
    ],
  ],
  [
    "contradictions",
    "matrix: { axes: { training.lr: [1, 2] }, exclude: [{ lr: 3 }, { lr: 2 }, { lrr: 1 }], include: [{ lr: 2 }, { lr: 1 }, { lrr: 1 }] }",
    [
      "1:52 Cannot exclude these values: no combination of the axes has them",
      '1:76 Cannot exclude by "lrr": the matrix has no such axis, did you mean "lr"?',
      "1:97 Cannot include these values: the entry of exclude at p.yaml:1:63 leaves them out",
      '1:108 Cannot include the cell "lr-1": the one at p.yaml:1:1 has its values already',
      '1:121 Cannot include "lrr": it is neither an axis nor the path of an option, did you mean "lr"?',
    ],
  ],
  [
    "a metric that no run has",
    "matrix: { axes: { training.lr: [1, 2] }, metric: more.val_recon_l1 }",
    [
      '1:50 Cannot rank by "more.val_recon_l1": no run has it, since step "more" does not measure "val_recon_l1", did you mean "recon_l1"?',
    ],
  ],
  [
    "a metric of no step",
    "matrix: { axes: { training.lr: [1, 2] }, metric: mare.loss }",
    [
      '1:50 Cannot rank by "mare.loss": no step of the pipeline is called so, did you mean "more"?',
    ],
  ],
  [
    "searches that cannot be",
    "matrix: { axes: { training.lr: [1, 2] }, search: { type: halving, budget: 3, resource: training.pipeline.steps.vae.n_epochs, from: 1, to: 9 } }",
    [
      "1:50 Cannot search by halving: 3 rounds that keep one in 3 take at least 13 cells, the budget is 3",
    ],
  ],
  [
    "more values and combinations than anybody runs, before they are made",
    `matrix: { axes: { training.lr: { from: 0, to: 1, step: 1e-9 }, ${
      Array.from({ length: 9 }, (_, index) =>
        `x${index}: { path: training.x${index}, from: 1, to: 99, step: 1 }`)
        .join(", ")
    } } }`,
    [
      "1:1 Cannot run a matrix of 913517247483640800 combinations: at most 100000 are looked at",
      '1:32 Cannot read matrix axis "training.lr": the range has 1000000001 values, at most 2000 are allowed',
    ],
  ],
  [
    "what cells cannot set, wherever it is written",
    "matrix: { axes: { training.__proto__.x: [1] }, include: [{ name.x: 1 }, { matrix.seeds: 2 }] }",
    [
      '1:19 Cannot use "training.__proto__.x" as an axis of a matrix: "__proto__" cannot be a key',
      '1:60 Cannot use "name.x" as an option of an included cell',
      '1:75 Cannot use "matrix.seeds" as an option of an included cell',
    ],
  ],
  [
    "a resource that an axis sets or is called like, and one that cells cannot set",
    `matrix: { axes: { ep: { path: ${VAE_EPOCHS}, values: [1, 2, 3] }, training.pipeline.steps.more.n_epochs: [1, 2, 3] }, search: { type: halving, budget: 4, resource: ${VAE_EPOCHS}, from: 1, to: 3 } }`,
    [
      '1:19 Cannot search by halving: matrix axis "ep" sets the resource',
      '1:90 Cannot search by halving: matrix axis "n_epochs" is called like the resource',
    ],
  ],
  [
    "the name of cells as a resource",
    "matrix: { axes: { training.lr: [1, 2, 3] }, search: { type: halving, budget: 4, resource: name, from: 1, to: 3 } }",
    ['1:53 Cannot use "name" as the resource of a search'],
  ],
  [
    "a run that is called like the folder of a matrix",
    "name: p.matrix",
    [
      '1:7 Cannot use "p.matrix" as the name of a run: it ends like the folder of a matrix',
    ],
  ],
];

for (const [name, matrix, found] of REFUSED) {
  Deno.test(`loadRuns() refuses ${name}, each at its place`, async () => {
    assert.deepEqual(await refusalsOf(matrixText(matrix)), found);
  });
}
