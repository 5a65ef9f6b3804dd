import assert from "node:assert/strict";
import { StoredStateError } from "../../lib/error/failure.ts";
import {
  createOptimizer,
  disposeOptimizerState,
  type OptimizerCounts,
  optimizerCounts,
  type OptimizerState,
} from "../../lib/optim/optimizer.ts";
import {
  OPTIMIZER_TYPES,
  type OptimizerEntry,
} from "../../lib/optim/optimizer_options.ts";
import { tf } from "../../lib/tensor/tf.ts";
import golden from "../fixtures/fluxflow_golden.json" with { type: "json" };
import pytorch from "../fixtures/pytorch_optim.json" with { type: "json" };

await tf.setBackend("cpu");

/** Every type twice: as it comes, and with every option that adds state or a branch. */
const ENTRIES: readonly OptimizerEntry[] = [
  ...OPTIMIZER_TYPES.map((type) => ({ type, lr: 0.05 })),
  { type: "AdamW", lr: 0.05, amsgrad: true, weight_decay: 0.01 },
  { type: "SGD", lr: 0.05, momentum: 0.9, dampening: 0.2, weight_decay: 0.01 },
  { type: "RMSprop", lr: 0.01, momentum: 0.9, centered: true, alpha: 0.95 },
  { type: "Adagrad", lr: 0.1, lr_decay: 0.001, weight_decay: 0.01 },
  { type: "Lion", lr: 0.05, decoupled_weight_decay: false },
];

function label(entry: OptimizerEntry): string {
  return JSON.stringify(entry);
}

function goldenGradient(trainStep: number): tf.Tensor {
  return tf.tensor(
    [0, 1, 2, 3].map((i) => Math.sin(0.5 * (trainStep + 1) + i)),
  );
}

interface Trajectory {
  readonly config: OptimizerEntry;
  readonly params_after_step: readonly (readonly number[])[];
}

function expectTrajectory({ config, params_after_step }: Trajectory): void {
  const optimizer = createOptimizer(config);
  const weights = tf.variable(tf.tensor([1, -2, 3, 0.5]));
  const parameters = new Map([["w", weights]]);
  let state = optimizer.init(parameters);
  params_after_step.forEach((wanted, trainStep) => {
    const gradients = new Map([["w", goldenGradient(trainStep)]]);
    state = optimizer.apply(parameters, gradients, state, config.lr);
    const found = weights.dataSync();
    wanted.forEach((want, i) => {
      // Values near 0 come out of a difference of numbers near 1, so 1 is the least scale.
      const allowed = 1e-6 * Math.max(1, Math.abs(want));
      const off = Math.abs((found[i] ?? NaN) - want);
      assert.ok(
        off <= allowed,
        `update ${trainStep}, element ${i}: ${found[i]}, wanted ${want}`,
      );
    });
  });
}

for (const [name, trajectory] of Object.entries(golden.optimizers.cases)) {
  Deno.test(`createOptimizer() follows FluxFlow's "${name}"`, () => {
    expectTrajectory(trajectory as unknown as Trajectory);
  });
}

for (const [name, trajectory] of Object.entries(pytorch.optimizers)) {
  Deno.test(`createOptimizer() follows PyTorch's "${name}"`, () => {
    expectTrajectory(trajectory as unknown as Trajectory);
  });
}

interface Training {
  readonly parameters: Map<string, tf.Variable>;
  state: OptimizerState;
}

function startTraining(entry: OptimizerEntry): Training {
  const parameters = new Map<string, tf.Variable>();
  parameters.set(
    "a.weight",
    tf.variable(tf.tensor([[0.1, -0.2, 0.3], [1, 2, -3]])),
  );
  parameters.set("a.bias", tf.variable(tf.tensor([0.5, -0.5, 0.25])));
  return { parameters, state: createOptimizer(entry).init(parameters) };
}

function train(
  entry: OptimizerEntry,
  training: Training,
  from: number,
  to: number,
): void {
  const optimizer = createOptimizer(entry);
  for (let k = from; k < to; k++) {
    const gradients = new Map<string, tf.Tensor>();
    for (const [name, variable] of training.parameters) {
      // The bias misses every third update, as the parameters of a switched-off part do.
      if (name === "a.bias" && k % 3 === 0) continue;
      const values = Float32Array.from(
        { length: variable.size },
        (_, i) => Math.sin(k * 1.7 + i),
      );
      gradients.set(name, tf.tensor(values, variable.shape));
    }
    training.state = optimizer.apply(
      training.parameters,
      gradients,
      training.state,
      0.03 / (k + 1),
    );
    gradients.forEach((gradient) => gradient.dispose());
  }
}

function numbersIn(training: Training): Record<string, number[]> {
  const all = [...training.parameters, ...training.state.tensors];
  return Object.fromEntries(
    all.map(([name, tensor]) => [name, [...tensor.dataSync()]]),
  );
}

function disposeTraining(training: Training): void {
  disposeOptimizerState(training.state);
  training.parameters.forEach((variable) => variable.dispose());
}

/** Through JSON and typed arrays, as a checkpoint does it. */
function throughStorage(training: Training): Training {
  const counts = JSON.parse(
    JSON.stringify(optimizerCounts(training.state)),
  ) as OptimizerCounts;
  const copy = (tensor: tf.Tensor) =>
    tf.tensor(Float32Array.from(tensor.dataSync()), tensor.shape);
  const tensors = new Map<string, tf.Tensor>();
  for (const [key, tensor] of training.state.tensors) {
    tensors.set(key, copy(tensor));
  }
  const parameters = new Map<string, tf.Variable>();
  for (const [name, variable] of training.parameters) {
    parameters.set(name, tf.variable(copy(variable)));
  }
  return { parameters, state: { ...counts, tensors } };
}

for (const entry of ENTRIES) {
  Deno.test(`Optimizer.apply() continues bit for bit from a stored state with ${label(entry)}`, () => {
    const straight = startTraining(entry);
    train(entry, straight, 0, 9);
    const first = startTraining(entry);
    train(entry, first, 0, 4);
    const resumed = throughStorage(first);
    train(entry, resumed, 4, 9);
    assert.deepEqual(numbersIn(resumed), numbersIn(straight));
    assert.deepEqual(
      optimizerCounts(resumed.state),
      optimizerCounts(straight.state),
    );
    [straight, first, resumed].forEach(disposeTraining);
  });

  Deno.test(`Optimizer.apply() leaks no tensor with ${label(entry)}`, () => {
    const before = tf.memory();
    const training = startTraining(entry);
    const optimizer = createOptimizer(entry);
    const made = 2 + 2 * optimizer.slots.length;
    train(entry, training, 0, 2);
    const settled = tf.memory();
    train(entry, training, 2, 6);
    assert.equal(tf.memory().numTensors, settled.numTensors);
    assert.equal(tf.memory().numDataBuffers, settled.numDataBuffers);
    assert.equal(training.state.tensors.size, made - 2);
    disposeTraining(training);
    // The two tensors that the variables were made from are the test's own.
    assert.equal(tf.memory().numTensors, before.numTensors + 2);
  });

  Deno.test(`Optimizer.apply() keeps its state through an outer tidy with ${label(entry)}`, () => {
    const training = startTraining(entry);
    tf.tidy(() => train(entry, training, 0, 2));
    assert.doesNotThrow(() => numbersIn(training));
    disposeTraining(training);
  });

  Deno.test(`Optimizer.apply() finds the bottom of a bowl with ${label(entry)}`, () => {
    const optimizer = createOptimizer({ ...entry, weight_decay: 0 });
    const target = tf.tensor([0.6, -0.4, 0.2]);
    const weights = tf.variable(tf.tensor([0, 0, 0]));
    const parameters = new Map([["w", weights]]);
    let state = optimizer.init(parameters);
    const distance = () =>
      tf.tidy(() =>
        tf.max(tf.abs(tf.sub(weights, target))).dataSync()[0] ?? NaN
      );
    for (let k = 0; k < 300; k++) {
      const gradient = tf.tidy(() => tf.mul(2, tf.sub(weights, target)));
      // Adadelta begins with very small moves and is given the rate of 1 that its paper has.
      const lr = entry.type === "Adadelta" ? 1 : entry.lr * (1 - k / 300);
      state = optimizer.apply(
        parameters,
        new Map([["w", gradient]]),
        state,
        lr,
      );
      gradient.dispose();
    }
    const left = distance();
    assert.ok(
      left < (entry.type === "Adadelta" ? 0.3 : 0.03),
      `distance ${left}`,
    );
  });
}

Deno.test("Optimizer.apply() counts a parameter's own updates, as PyTorch does", () => {
  const optimizer = createOptimizer({ type: "Adam", lr: 0.1 });
  const always = tf.variable(tf.tensor([1]));
  const late = tf.variable(tf.tensor([1]));
  const parameters = new Map([["always", always], ["late", late]]);
  let state = optimizer.init(parameters);
  const gradient = tf.tensor([0.5]);
  for (let k = 0; k < 5; k++) {
    state = optimizer.apply(
      parameters,
      new Map([["always", gradient]]),
      state,
      0.1,
    );
  }
  assert.equal(late.dataSync()[0], 1);
  state = optimizer.apply(
    parameters,
    new Map([["late", gradient]]),
    state,
    0.1,
  );
  // A first update of Adam moves by the rate, whatever the gradient.
  assert.ok(Math.abs((late.dataSync()[0] ?? NaN) - 0.9) < 1e-6);
  assert.deepEqual(optimizerCounts(state), {
    count: 6,
    missed: { always: 1, late: 5 },
  });
});

Deno.test("Optimizer.apply() refuses a state that lacks a parameter", () => {
  const optimizer = createOptimizer({ type: "AdamW", lr: 0.1 });
  const weights = tf.variable(tf.tensor([1, 2]), true, "layer.weight");
  const parameters = new Map([["layer.weight", weights]]);
  const gradients = new Map([["layer.weight", tf.tensor([1, 1])]]);
  assert.throws(
    () =>
      optimizer.apply(parameters, gradients, {
        count: 0,
        missed: {},
        tensors: new Map(),
      }, 0.1),
    (error) =>
      error instanceof StoredStateError &&
      error.message ===
        'Cannot update parameter "layer.weight" of shape [2] with optimizer state "exp_avg/layer.weight": the state has none',
  );
});

Deno.test("rmspropRule() never divides by the root of a negative variance", () => {
  const optimizer = createOptimizer({
    type: "RMSprop",
    lr: 0.001,
    centered: true,
    alpha: 0.5,
  });
  const weights = tf.variable(tf.tensor([1, 1, 1, 1]));
  const parameters = new Map([["w", weights]]);
  let state = optimizer.init(parameters);
  const gradient = tf.tensor([0.1, 0.3, 0.7, 1 / 3]);
  for (let k = 0; k < 100; k++) {
    state = optimizer.apply(
      parameters,
      new Map([["w", gradient]]),
      state,
      0.001,
    );
  }
  assert.ok(weights.dataSync().every(Number.isFinite));
});
