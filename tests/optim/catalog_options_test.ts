// The options that a pipeline file may give and those that the optimizers read are two lists; here they are held equal.
import assert from "node:assert/strict";
import * as v from "valibot";
import {
  OPTIMIZER_OPTIONS,
  type OptimizerEntry as CatalogOptimizer,
} from "../../lib/catalog/optimizer_options.ts";
import {
  SCHEDULER_OPTIONS,
  type SchedulerEntry as CatalogScheduler,
} from "../../lib/catalog/scheduler_options.ts";
import { lrScheduler } from "../../lib/lr_schedulers/lr_scheduler.ts";
import {
  SCHEDULER_TYPES,
  type SchedulerEntry,
} from "../../lib/lr_schedulers/scheduler_options.ts";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import {
  OPTIMIZER_TYPES,
  type OptimizerEntry,
} from "../../lib/optim/optimizer_options.ts";
import { tf } from "../../lib/tensor/tf.ts";

await tf.setBackend("cpu");

type KeyOfEach<T> = T extends unknown ? keyof T : never;
type Missing<From, In> = Exclude<KeyOfEach<From>, KeyOfEach<In>>;

// These lines are the test: they compile only while no key of the catalog is unknown here.
const unreadOptimizerKeys: readonly Missing<
  CatalogOptimizer,
  OptimizerEntry
>[] = [] as never[];
const unreadSchedulerKeys: readonly Missing<
  CatalogScheduler,
  SchedulerEntry
>[] = [] as never[];
const noKey: readonly never[] = [
  ...unreadOptimizerKeys,
  ...unreadSchedulerKeys,
];
const passOptimizer: (entry: CatalogOptimizer) => OptimizerEntry = (entry) =>
  entry;
const passScheduler: (entry: CatalogScheduler) => SchedulerEntry = (entry) =>
  entry;

function weightsAfter(entry: OptimizerEntry): number[] {
  const optimizer = createOptimizer(entry);
  const parameters = new Map([["w", tf.variable(tf.tensor([1, -2]))]]);
  let state = optimizer.init(parameters);
  for (let k = 0; k < 4; k++) {
    const gradients = new Map([["w", tf.tensor([Math.sin(k), Math.cos(k)])]]);
    state = optimizer.apply(parameters, gradients, state, entry.lr);
  }
  return [...parameters.get("w")?.dataSync() ?? []];
}

for (const type of OPTIMIZER_TYPES) {
  Deno.test(`createOptimizer() takes the pipeline's "${type}" with the same defaults`, () => {
    assert.deepEqual(noKey, []);
    // Lion's own default decay is the factory's; FluxFlow's pipeline parser has 0.
    const weight_decay = 0;
    const parsed = v.parse(OPTIMIZER_OPTIONS, { type, lr: 0.1, weight_decay });
    const entry = passOptimizer({ ...parsed, lr: 0.1 } as CatalogOptimizer);
    assert.deepEqual(
      weightsAfter(entry),
      weightsAfter({ type, lr: 0.1, weight_decay }),
    );
  });
}

for (const type of SCHEDULER_TYPES) {
  Deno.test(`lrScheduler() takes the pipeline's "${type}" with the same defaults`, () => {
    const milestones = type === "MultiStepLR" ? { milestones: [2, 4] } : {};
    const floor = type === "CosineAnnealingLR" ? { eta_min_factor: 0.1 } : {};
    const bare: SchedulerEntry = { type, ...milestones, ...floor };
    const parsed = v.parse(SCHEDULER_OPTIONS, bare);
    const schedulers = [passScheduler(parsed as CatalogScheduler), bare]
      .map((entry) => lrScheduler(entry, { baseLr: 0.5, totalSteps: 30 }));
    const rates = schedulers.map((scheduler) => {
      let state = scheduler.start();
      return Array.from({ length: 30 }, () => {
        state = scheduler.next(state, 1);
        return scheduler.lr(state);
      });
    });
    assert.deepEqual(rates[0], rates[1]);
  });
}
