// Applies an update rule to named variables, as a kernel where the engine has one; else numbers are read, computed and written per
// parameter, which took a quarter of the time of the same formula in tensor operations (200 thousand parameters in 150 tensors).
import { StoredStateError } from "../error/failure.ts";
import {
  byPosition,
  hasFusedKernel,
  runFusedKernel,
} from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";
import { adadeltaRule, adagradRule } from "./adagrad.ts";
import { adamRule } from "./adam.ts";
import { lionRule } from "./lion.ts";
import { lotsOf } from "./lots.ts";
import { numbersOf, ownNumbersOf } from "./numbers.ts";
import type { OptimizerEntry } from "./optimizer_options.ts";
import { rmspropRule, sgdRule } from "./sgd.ts";
import type { UpdateRule, UpdateStep } from "./update_rule.ts";

/** The part of an optimizer's state that is plain JSON. */
export interface OptimizerCounts {
  /** Updates made so far. */
  readonly count: number;
  /** By parameter: updates in which it had no gradient. Its own count, which corrects biases, is smaller by that. */
  readonly missed: Readonly<Record<string, number>>;
}

/** What an optimizer remembers. The tensors are keyed `slot/parameter`, have the parameter's shape and belong to the state. */
export interface OptimizerState extends OptimizerCounts {
  readonly tensors: ReadonlyMap<string, tf.Tensor>;
}

/** An optimizer. It holds no state of its own: states go in and come out. */
export interface Optimizer {
  /** What is remembered per parameter, in PyTorch's words; empty for plain SGD. */
  readonly slots: readonly string[];
  /** Whether an update looks at numbers from JavaScript on the running engine; where they are far they have to be brought first. */
  readsNumbers(): boolean;
  /** The state before the first update, for exactly these parameters. */
  init(parameters: ReadonlyMap<string, tf.Tensor>): OptimizerState;
  /**
   * One update: assigns new values to the variables that have a gradient and leaves the others alone. It consumes `state`, whose
   * replaced tensors are disposed; the gradients stay the caller's.
   *
   * @throws {StoredStateError} when the state lacks a parameter that has a gradient, or holds it in another shape.
   */
  apply(
    parameters: ReadonlyMap<string, tf.Variable>,
    gradients: ReadonlyMap<string, tf.Tensor>,
    state: OptimizerState,
    lr: number,
  ): OptimizerState;
}

/** Builds the optimizer of `entry`. `entry.lr` is only the first rate: each update is given its own. */
export function createOptimizer(entry: OptimizerEntry): Optimizer {
  const rule = updateRule(entry);
  return {
    slots: rule.slots,
    readsNumbers: () => !isFused(rule),
    init: (parameters) => startState(rule, parameters),
    apply: (parameters, gradients, state, lr) =>
      applyRule(rule, { parameters, gradients, state, lr }),
  };
}

/** The key of one state tensor. */
export function slotKey(slot: string, parameter: string): string {
  return `${slot}/${parameter}`;
}

/** What belongs into JSON beside the state's tensors. */
export function optimizerCounts(state: OptimizerState): OptimizerCounts {
  return { count: state.count, missed: state.missed };
}

/** Disposes the state's tensors. */
export function disposeOptimizerState(state: OptimizerState): void {
  for (const tensor of state.tensors.values()) tensor.dispose();
}

function updateRule(entry: OptimizerEntry): UpdateRule {
  switch (entry.type) {
    case "AdamW":
    case "Adam":
      return adamRule(entry);
    case "SGD":
      return sgdRule(entry);
    case "RMSprop":
      return rmspropRule(entry);
    case "Adagrad":
      return adagradRule(entry);
    case "Adadelta":
      return adadeltaRule(entry);
    case "Lion":
      return lionRule(entry);
    default:
      return entry.type satisfies never;
  }
}

function startState(
  rule: UpdateRule,
  parameters: ReadonlyMap<string, tf.Tensor>,
): OptimizerState {
  const tensors = new Map<string, tf.Tensor>();
  for (const slot of rule.slots) {
    for (const [name, parameter] of parameters) {
      tensors.set(
        slotKey(slot, name),
        tf.keep(tf.fill(parameter.shape, rule.slotStart ?? 0)),
      );
    }
  }
  return { count: 0, missed: {}, tensors };
}

interface Update {
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  readonly state: OptimizerState;
  readonly lr: number;
}

function applyRule(rule: UpdateRule, update: Update): OptimizerState {
  const { parameters, gradients, state, lr } = update;
  const tensors = new Map(state.tensors);
  const missed: Record<string, number> = { ...state.missed };
  /** By the updates that they have had: their numbers of one update are the same. */
  const batches = new Map<number, ParameterTensors[]>();
  for (const [name, variable] of parameters) {
    const gradient = gradients.get(name);
    if (gradient === undefined) {
      missed[name] = (missed[name] ?? 0) + 1;
      continue;
    }
    const keys = rule.slots.map((slot) => slotKey(slot, name));
    const slots = keys.map((key) => slotTensor(state.tensors, key, variable));
    const count = state.count + 1 - (missed[name] ?? 0);
    const parameter = { variable, gradient, keys, slots };
    const batch = batches.get(count);
    if (batch === undefined) batches.set(count, [parameter]);
    else batch.push(parameter);
  }
  for (const [count, batch] of batches) {
    updateAll(rule, { lr, count }, batch, ({ variable, keys, slots }, made) => {
      const [weights, ...others] = made;
      variable.assign(weights);
      weights.dispose();
      keys.forEach((key, i) => {
        slots[i]?.dispose();
        tensors.set(key, tf.keep(others[i]!));
      });
    });
  }
  return { count: state.count + 1, missed, tensors };
}

function isFused(
  rule: UpdateRule,
): rule is UpdateRule & Required<Pick<UpdateRule, "fused">> {
  return rule.fused !== undefined &&
    (hasFusedKernel("FluxAdam") || hasFusedKernel("FluxAdamAll"));
}

interface ParameterTensors {
  readonly variable: tf.Variable;
  readonly gradient: tf.Tensor;
  /** Of the state's tensors. */
  readonly keys: readonly string[];
  readonly slots: readonly tf.Tensor[];
}

/** New weights and slots. */
type Updated = [tf.Tensor, ...tf.Tensor[]];

/** Updates parameters that take the same step; `take` owns what each becomes. */
function updateAll(
  rule: UpdateRule,
  step: UpdateStep,
  parameters: readonly ParameterTensors[],
  take: (parameter: ParameterTensors, made: Updated) => void,
): void {
  if (!hasFusedKernel("FluxAdamAll") || !isFused(rule)) {
    for (const parameter of parameters) {
      take(parameter, updated(rule, step, parameter));
    }
    return;
  }
  for (const lot of lotsOf(parameters, ({ variable }) => variable.size)) {
    const inputs = [
      ...lot.map(({ variable }) => variable),
      ...lot.map(({ gradient }) => gradient),
      ...lot.map(({ slots }) => slots[0]!),
      ...lot.map(({ slots }) => slots[1]!),
    ];
    const numbers = rule.fused(step);
    const made = runFusedKernel("FluxAdamAll", byPosition(inputs), numbers);
    const count = lot.length;
    lot.forEach((parameter, at) => {
      take(parameter, [made[at]!, made[count + at]!, made[2 * count + at]!]);
    });
  }
}

/** New weights and slots; the caller owns them. */
function updated(
  rule: UpdateRule,
  step: UpdateStep,
  { variable, gradient, slots }: ParameterTensors,
): Updated {
  if (isFused(rule)) {
    const [mean, square] = slots as [tf.Tensor, tf.Tensor];
    return runFusedKernel(
      "FluxAdam",
      { weights: variable, gradient, mean, square },
      rule.fused(step),
    ) as Updated;
  }
  const weights = ownNumbersOf(variable);
  const numbers = slots.map(ownNumbersOf);
  rule.update(
    { gradient: numbersOf(gradient), weights, slots: numbers },
    step,
  );
  return [
    tf.tensor(weights, variable.shape),
    ...numbers.map((values) => tf.tensor(values, variable.shape)),
  ];
}

function slotTensor(
  tensors: ReadonlyMap<string, tf.Tensor>,
  key: string,
  variable: tf.Variable,
): tf.Tensor {
  const found = tensors.get(key);
  if (found !== undefined && found.size === variable.size) return found;
  const what = found === undefined
    ? "the state has none"
    : `it has shape [${found.shape}]`;
  throw new StoredStateError(
    `Cannot update parameter "${variable.name}" of shape [${variable.shape}] with optimizer state "${key}": ${what}`,
  );
}
