// Weights that share one optimizer and one learning rate, with the state of both.
import { StoredStateError } from "../error/failure.ts";
import {
  constantRate,
  type LrScheduler,
  lrScheduler,
  type SchedulerState,
} from "../lr_schedulers/lr_scheduler.ts";
import type { SchedulerEntry } from "../lr_schedulers/scheduler_options.ts";
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import type { Parameters } from "../nn/parameters.ts";
import {
  createOptimizer,
  disposeOptimizerState,
  type Optimizer,
  type OptimizerCounts,
  optimizerCounts,
  type OptimizerState,
  slotKey,
} from "../optim/optimizer.ts";
import type { OptimizerEntry } from "../optim/optimizer_options.ts";
import { bringNumbers } from "../tensor/far_numbers.ts";
import { tf } from "../tensor/tf.ts";
import {
  type GatheredCounts,
  GatheredGradients,
} from "./gathered_gradients.ts";

/** Names that a pipeline gives to its optimizers. */
export type GroupName = "vae" | "flow" | "text_encoder" | "discriminator";

/** What a group is made of. */
export interface GroupOptions {
  readonly name: GroupName;
  /** Names of the weights; frozen ones are not among them. */
  readonly parameterNames: readonly string[];
  readonly optimizer: OptimizerEntry;
  /** Null keeps the optimizer's first rate. */
  readonly scheduler: SchedulerEntry | null;
  /** Updates that the whole step makes at most. */
  readonly totalUpdates: number;
}

/** What a checkpoint calls the sums of gradients, beside the optimizer's own slots. */
const GATHERED_SLOT = "gathered_gradient";

/** State of a group as a checkpoint holds it. */
export interface StoredGroup {
  readonly counts: OptimizerCounts;
  readonly scheduler: SchedulerState;
  /** Between two updates that several batches belong to; absent elsewhere. Its sums are among the tensors. */
  readonly gathered?: GatheredCounts | undefined;
  /** Keyed `group/slot/parameter`, in PyTorch's layout. */
  readonly tensors: ReadonlyMap<string, StoredArray>;
}

/** Owns the optimizer's tensors; the variables stay the model's. */
export class ParameterGroup implements Disposable {
  readonly name: GroupName;
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Gradients of batches whose update is still to come. */
  readonly gathered = new GatheredGradients();
  readonly #parameters: Parameters;
  readonly #optimizer: Optimizer;
  readonly #scheduler: LrScheduler;
  #optimizerState: OptimizerState;
  #schedulerState: SchedulerState;

  constructor(parameters: Parameters, options: GroupOptions) {
    const { optimizer, scheduler, totalUpdates } = options;
    this.name = options.name;
    this.variables = new Map(
      options.parameterNames.map((name) => [name, parameters.get(name)]),
    );
    this.#parameters = parameters;
    this.#optimizer = createOptimizer(optimizer);
    this.#scheduler = scheduler === null
      ? constantRate(optimizer.lr)
      : lrScheduler(scheduler, {
        baseLr: optimizer.lr,
        totalSteps: totalUpdates,
      });
    this.#optimizerState = this.#optimizer.init(this.variables);
    this.#schedulerState = this.#scheduler.start();
  }

  /** Rate of the next update. */
  get rate(): number {
    return this.#scheduler.lr(this.#schedulerState);
  }

  /** One update and one step of the rate; `loss` is what a plateau schedule watches. The gradients stay the caller's. */
  async update(
    gradients: ReadonlyMap<string, tf.Tensor>,
    loss: number,
  ): Promise<void> {
    if (this.#optimizer.readsNumbers()) {
      await bringNumbers([
        ...gradients.values(),
        ...this.variables.values(),
        ...this.#optimizerState.tensors.values(),
      ]);
    }
    this.#optimizerState = this.#optimizer.apply(
      this.variables,
      gradients,
      this.#optimizerState,
      this.rate,
    );
    this.#schedulerState = this.#scheduler.next(this.#schedulerState, loss);
  }

  /** The rate goes on without an update: a schedule is sized by batches. A plateau schedule has nothing to look at. */
  skip(): void {
    if (this.#scheduler.needsMetric) return;
    this.#schedulerState = this.#scheduler.next(this.#schedulerState);
  }

  /** What {@linkcode store} reads, beside the weights. */
  get tensors(): tf.Tensor[] {
    return [
      ...this.#optimizerState.tensors.values(),
      ...this.gathered.sums.values(),
    ];
  }

  /** State for a checkpoint. */
  store(): StoredGroup {
    const tensors = new Map<string, StoredArray>();
    for (const slot of this.#optimizer.slots) {
      const bySlot = new Map<string, tf.Tensor>();
      for (const name of this.variables.keys()) {
        bySlot.set(
          name,
          this.#optimizerState.tensors.get(slotKey(slot, name))!,
        );
      }
      for (const [name, array] of this.#parameters.toStored(bySlot)) {
        tensors.set(`${this.name}/${slotKey(slot, name)}`, array);
      }
    }
    const { counts: gathered, sums } = this.gathered;
    for (const [name, array] of this.#parameters.toStored(sums)) {
      tensors.set(`${this.name}/${slotKey(GATHERED_SLOT, name)}`, array);
    }
    return {
      counts: optimizerCounts(this.#optimizerState),
      scheduler: this.#schedulerState,
      ...(gathered.batches === 0 ? {} : { gathered }),
      tensors,
    };
  }

  /**
   * Goes on from a checkpoint of the same step.
   *
   * @throws {StoredStateError} when a tensor is missing or has another shape.
   */
  restore(stored: StoredGroup): void {
    const tensors = new Map<string, tf.Tensor>();
    for (const slot of this.#optimizer.slots) {
      for (const name of this.variables.keys()) {
        const array = stored.tensors.get(`${this.name}/${slotKey(slot, name)}`);
        if (array === undefined) throw this.#missing(slot, name);
        tensors.set(slotKey(slot, name), this.#tensor(name, array));
      }
    }
    disposeOptimizerState(this.#optimizerState);
    this.#optimizerState = { ...stored.counts, tensors };
    this.#schedulerState = stored.scheduler;
    if (stored.gathered === undefined) return;
    const sums = new Map<string, tf.Tensor>();
    for (const name of this.variables.keys()) {
      const key = `${this.name}/${slotKey(GATHERED_SLOT, name)}`;
      const array = stored.tensors.get(key);
      if (array !== undefined) sums.set(name, this.#tensor(name, array));
    }
    this.gathered.restore(sums, stored.gathered);
  }

  /**
   * Takes over what an earlier step's optimizer of the same name remembers, weight by weight; the rate starts anew.
   * Weights that the earlier step did not train start at zero.
   *
   * @throws {StoredStateError} when a weight has some but not all slots there: the optimizers are of different types.
   */
  carry(stored: Omit<StoredGroup, "scheduler">): number {
    const tensors = new Map(this.#optimizerState.tensors);
    const missed: Record<string, number> = {};
    let carried = 0;
    for (const name of this.variables.keys()) {
      const keys = this.#optimizer.slots.map((slot) => slotKey(slot, name));
      const arrays = keys.map((key) =>
        stored.tensors.get(`${this.name}/${key}`)
      );
      if (!hasAnySlot(stored.tensors, this.name, name)) {
        missed[name] = stored.counts.count;
        continue;
      }
      keys.forEach((key, index) => {
        const array = arrays[index];
        if (array === undefined) {
          throw this.#missing(key.slice(0, key.indexOf("/")), name);
        }
        tensors.get(key)!.dispose();
        tensors.set(key, this.#tensor(name, array));
      });
      missed[name] = stored.counts.missed[name] ?? 0;
      carried++;
    }
    this.#optimizerState = { count: stored.counts.count, missed, tensors };
    return carried;
  }

  [Symbol.dispose](): void {
    this.gathered[Symbol.dispose]();
    disposeOptimizerState(this.#optimizerState);
  }

  #tensor(name: string, array: StoredArray): tf.Tensor {
    return tf.keep(
      this.#parameters.fromStored(new Map([[name, array]])).get(name)!,
    );
  }

  #missing(slot: string, name: string): StoredStateError {
    return new StoredStateError(
      `Cannot restore optimizer "${this.name}": its state has no "${slot}" of weight "${name}"`,
      {
        hint:
          'Give both steps the same optimizer type, or set `carry: { optimizer: "reset" }`',
      },
    );
  }
}

function hasAnySlot(
  tensors: ReadonlyMap<string, StoredArray>,
  group: string,
  parameter: string,
): boolean {
  for (const key of tensors.keys()) {
    if (key.startsWith(`${group}/`) && key.endsWith(`/${parameter}`)) {
      return true;
    }
  }
  return false;
}
