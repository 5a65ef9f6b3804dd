// OF1 to OF35 and SF1 to SF40: optimizers and schedulers as a file may write them, and the rates that come of it.
import assert from "node:assert/strict";
import { lrScheduler } from "../../lib/lr_schedulers/lr_scheduler.ts";
import {
  SCHEDULER_TYPES,
  type SchedulerEntry,
} from "../../lib/lr_schedulers/scheduler_options.ts";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import { OPTIMIZER_TYPES } from "../../lib/optim/optimizer_options.ts";
import { messagesOf, onlyStep, VAE } from "./written_pipeline.ts";

type Entry = Readonly<Record<string, unknown>>;

function optimized(vae: Entry): Entry {
  return { optimization: { optimizers: { vae } } };
}

function scheduled(vae: Entry): Entry {
  const optimizers = { vae: { type: "AdamW", lr: 1e-3 } };
  return { optimization: { optimizers, schedulers: { vae } } };
}

const RIGHT_OPTIMIZERS: readonly (readonly [string, Entry])[] = [
  ["OF1", { type: "AdamW", lr: 1e-4, betas: [0.9, 0.999], weight_decay: 0.01 }],
  ["OF2", { type: "Lion", lr: 1e-4, betas: [0.9, 0.95] }],
  ["OF3", { type: "SGD", lr: 0.1, momentum: 0.9 }],
  ["OF4", { type: "RMSprop", lr: 1e-3, alpha: 0.99 }],
  ["OF25", { type: "Adam", lr: 1e-4, betas: [0.8, 0.95] }],
  ["OF26", { type: "AdamW", lr: 1e-4, weight_decay: 0.05 }],
  ["OF5", { type: "AdamW", lr: 1e-4, betas: [0, 0.9] }],
];
for (const [number, entry] of RIGHT_OPTIMIZERS) {
  Deno.test(`${number}: ${entry["type"]} with right values keeps them`, async () => {
    const step = await onlyStep(optimized(entry));
    const { vae } = step.optimization.optimizers;
    assert.deepEqual({ ...vae, ...entry }, vae);
  });
}

const WRONG_OPTIMIZERS: readonly (readonly [string, string, Entry])[] = [
  ["OF6", "lr", { lr: -0.001 }],
  ["OF7", "lr", { lr: 0 }],
  ["OF8", "betas", { betas: [1, 0.9] }],
  ["OF9", "betas", { betas: [0.9, 1.5] }],
  ["OF10", "betas", { betas: [-0.1, 0.9] }],
  ["OF11", "betas", { betas: [0.9] }],
  ["OF12", "weight_decay", { weight_decay: -0.1 }],
  ["OF13", "eps", { eps: 0 }],
  ["OF14", "eps", { eps: -1e-8 }],
  ["OF15", "momentum", { type: "SGD", momentum: 1 }],
  ["OF16", "momentum", { type: "SGD", momentum: -0.1 }],
  ["OF17", "alpha", { type: "RMSprop", alpha: 0 }],
  ["OF18", "alpha", { type: "RMSprop", alpha: 1.5 }],
];
for (const [number, key, entry] of WRONG_OPTIMIZERS) {
  Deno.test(`${number}: ${JSON.stringify(entry)} is refused, and "${key}" named`, async () => {
    const full = { type: "AdamW", lr: 1e-3, ...entry };
    const found = await messagesOf({ ...VAE, ...optimized(full) });
    assert.ok(found.includes(`"optimization.optimizers.vae.${key}`), found);
    assert.equal(found.split("\n").length, 1, found);
  });
}

Deno.test("OF24: an unknown type is refused with those that there are", async () => {
  const found = await messagesOf({ ...VAE, ...optimized({ type: "Adan" }) });
  for (const type of OPTIMIZER_TYPES) assert.ok(found.includes(type), found);
});

Deno.test("OF19-23, OF34, OF35, NX12: every type that a file may name can be made", async () => {
  for (const type of OPTIMIZER_TYPES) {
    const step = await onlyStep(optimized({ type, lr: 1e-3 }));
    const { vae } = step.optimization.optimizers;
    const { slots } = createOptimizer({ ...vae!, lr: 1e-3 });
    assert.equal(slots.length > 0, type !== "SGD", type);
  }
  for (const type of ["AdamW", "Adam", "SGD", "RMSprop", "Lion"]) {
    assert.ok(OPTIMIZER_TYPES.some((one) => one === type), type);
  }
});

const RIGHT_SCHEDULERS: readonly (readonly [string, Entry])[] = [
  ["SF1", { type: "CosineAnnealingLR", eta_min_factor: 0.1 }],
  ["SF2", { type: "LinearLR", start_factor: 1, end_factor: 0.1 }],
  ["SF3", { type: "ExponentialLR", gamma: 0.95 }],
  ["SF4", { type: "StepLR", step_size: 100, gamma: 0.5 }],
  ["SF5", { type: "ConstantLR", factor: 1 }],
  ["SF6", { type: "ReduceLROnPlateau", factor: 0.5, patience: 5 }],
];
for (const [number, entry] of RIGHT_SCHEDULERS) {
  Deno.test(`${number}: ${entry["type"]} with right values keeps them`, async () => {
    const step = await onlyStep(scheduled(entry));
    const { vae } = step.optimization.schedulers;
    assert.deepEqual({ ...vae, ...entry }, vae);
  });
}

const WRONG_SCHEDULERS: readonly (readonly [string, string, Entry])[] = [
  ["SF10", "eta_min_factor", { eta_min_factor: 2 }],
  ["SF11", "eta_min_factor", { eta_min_factor: -0.1 }],
  ["SF13", "gamma", { type: "StepLR", gamma: 1.5 }],
  ["SF14", "gamma", { type: "ExponentialLR", gamma: 0 }],
  ["SF15", "step_size", { type: "StepLR", step_size: 0 }],
  ["SF16", "step_size", { type: "StepLR", step_size: -10 }],
  ["SF17", "start_factor", { type: "LinearLR", start_factor: 0 }],
  ["SF19", "factor", { type: "ReduceLROnPlateau", factor: 1 }],
  ["SF20", "factor", { type: "ReduceLROnPlateau", factor: 1.5 }],
  ["SF21", "patience", { type: "ReduceLROnPlateau", patience: -1 }],
];
for (const [number, key, entry] of WRONG_SCHEDULERS) {
  Deno.test(`${number}: ${JSON.stringify(entry)} is refused, and "${key}" named`, async () => {
    const found = await messagesOf({ ...VAE, ...scheduled(entry) });
    assert.ok(found.includes(`"optimization.schedulers.vae.${key}`), found);
    assert.equal(found.split("\n").length, 1, found);
  });
}

Deno.test("SF28: an unknown type is refused with those that there are", async () => {
  const found = await messagesOf({ ...VAE, ...scheduled({ type: "Cyclic" }) });
  for (const type of SCHEDULER_TYPES) assert.ok(found.includes(type), found);
});

/** Rates before each of `count` updates of a step of `totalSteps`. */
function ratesOf(entry: SchedulerEntry, count: number, totalSteps: number) {
  const scheduler = lrScheduler(entry, { baseLr: 1, totalSteps });
  let state = scheduler.start();
  return Array.from({ length: count }, () => {
    const rate = scheduler.lr(state);
    state = scheduler.next(state, 1);
    return rate;
  });
}

Deno.test("SF22-27, SF37, SF38: every type that a file may name gives rates", () => {
  for (const type of SCHEDULER_TYPES) {
    const milestones = type === "MultiStepLR" ? { milestones: [2] } : {};
    const rates = ratesOf({ type, ...milestones } as SchedulerEntry, 5, 50);
    assert.ok(rates.every((rate) => rate > 0 && rate <= 1), `${type} ${rates}`);
  }
});

Deno.test("SF29, SF39: a cosine is below its start half-way and at its floor, rate times factor, in the end", () => {
  const entry = { type: "CosineAnnealingLR", eta_min_factor: 0.1 } as const;
  const rates = ratesOf(entry, 1001, 1000);
  assert.equal(rates[0], 1);
  assert.ok(rates[500]! < 0.6 && rates[500]! > 0.1);
  assert.ok(Math.abs(rates[1000]! - 0.1) < 1e-9, `${rates[1000]}`);
});

Deno.test("SF30: a scheduler without a type is a cosine", async () => {
  const step = await onlyStep(scheduled({ eta_min_factor: 0.2 }));
  assert.equal(step.optimization.schedulers.vae?.type, "CosineAnnealingLR");
});

Deno.test("SF40: StepLR halves after ten updates and again after twenty", () => {
  const entry = { type: "StepLR", step_size: 10, gamma: 0.5 } as const;
  const rates = ratesOf(entry, 21, 100);
  assert.deepEqual([rates[9], rates[10], rates[20]], [1, 0.5, 0.25]);
});
