import assert from "node:assert/strict";
import { RefusedError } from "../../lib/error/failure.ts";
import {
  constantRate,
  type LrScheduler,
  lrScheduler,
  type SchedulerState,
} from "../../lib/lr_schedulers/lr_scheduler.ts";
import {
  SCHEDULER_TYPES,
  type SchedulerEntry,
} from "../../lib/lr_schedulers/scheduler_options.ts";
import golden from "../fixtures/fluxflow_golden.json" with { type: "json" };
import pytorch from "../fixtures/pytorch_optim.json" with { type: "json" };

interface GoldenCurve {
  readonly config: SchedulerEntry;
  readonly total_steps: number;
  readonly lr_before_and_after_each_step: readonly number[];
}

function rates(scheduler: LrScheduler, count: number): number[] {
  let state = scheduler.start();
  const found: number[] = [];
  for (let k = 0; k < count; k++) {
    found.push(scheduler.lr(state));
    state = scheduler.next(state, 1);
  }
  return found;
}

function expectClose(
  found: readonly number[],
  wanted: readonly number[],
  tolerance = 1e-9,
): void {
  assert.equal(found.length, wanted.length);
  found.forEach((value, i) => {
    const want = wanted[i] ?? NaN;
    assert.ok(
      Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want)),
      `value ${i} is ${value}, wanted ${want}`,
    );
  });
}

for (const [name, curve] of Object.entries(golden.schedulers)) {
  if (name === "plateau" || !("lr_before_and_after_each_step" in curve)) {
    continue;
  }
  Deno.test(`lrScheduler() follows FluxFlow's "${name}"`, () => {
    const { config, total_steps, lr_before_and_after_each_step } =
      curve as GoldenCurve;
    const scheduler = lrScheduler(config, {
      baseLr: 1,
      totalSteps: total_steps,
    });
    expectClose(
      rates(scheduler, lr_before_and_after_each_step.length),
      lr_before_and_after_each_step,
    );
  });
}

for (
  const name of [
    "multistep",
    "warm_cosine",
    "warm_exponential",
    "warm_step",
  ] as const
) {
  Deno.test(`lrScheduler() follows PyTorch's "${name}"`, () => {
    const { config, total_steps, rates: wanted } = pytorch.schedulers[name];
    const scheduler = lrScheduler(config as SchedulerEntry, {
      baseLr: 1,
      totalSteps: total_steps,
    });
    expectClose(rates(scheduler, wanted.length), wanted);
  });
}

Deno.test("lrScheduler() follows FluxFlow's plateau", () => {
  const { config, metrics, lr_after } = golden.schedulers.plateau;
  const scheduler = lrScheduler(config as SchedulerEntry, {
    baseLr: 1,
    totalSteps: 100,
  });
  let state = scheduler.start();
  const found = metrics.map((metric) => {
    state = scheduler.next(state, metric);
    return scheduler.lr(state);
  });
  expectClose(found, lr_after);
});

Deno.test("lrScheduler() follows PyTorch's plateau towards a maximum", () => {
  const { config, rates: wanted } = pytorch.schedulers.plateau_max;
  const scheduler = lrScheduler(config as SchedulerEntry, {
    baseLr: 1,
    totalSteps: 100,
  });
  let state = scheduler.start();
  const found = [scheduler.lr(state)];
  for (const metric of pytorch.plateau_max_metrics) {
    state = scheduler.next(state, metric);
    found.push(scheduler.lr(state));
  }
  expectClose(found, wanted);
});

Deno.test("lrScheduler() lets no non-finite value pass for progress", () => {
  const scheduler = lrScheduler(
    { type: "ReduceLROnPlateau", patience: 0, factor: 0.5 },
    { baseLr: 1, totalSteps: 10 },
  );
  const first = scheduler.next(scheduler.start(), NaN);
  assert.deepEqual(first, {
    count: 1,
    plateau: { best: null, withoutProgress: 0, rate: 0.5 },
  });
  assert.equal(scheduler.next(first, -Infinity).plateau?.rate, 0.25);
});

Deno.test("lrScheduler() refuses to advance a plateau without a metric", () => {
  const scheduler = lrScheduler({ type: "ReduceLROnPlateau" }, {
    baseLr: 1,
    totalSteps: 10,
  });
  assert.equal(scheduler.needsMetric, true);
  assert.throws(() => scheduler.next(scheduler.start()), TypeError);
});

Deno.test("lrScheduler() starts a plateau only after the warm-up", () => {
  const scheduler = lrScheduler(
    { type: "ReduceLROnPlateau", patience: 0, factor: 0.5, warmup_steps: 2 },
    { baseLr: 3, totalSteps: 10 },
  );
  expectClose(rates(scheduler, 5), [1, 2, 3, 3, 1.5]);
});

Deno.test("lrScheduler() refuses a warm-up as long as the step", () => {
  assert.throws(
    () =>
      lrScheduler({ type: "StepLR", warmup_steps: 8 }, {
        baseLr: 1,
        totalSteps: 8,
      }),
    (error) =>
      error instanceof RefusedError &&
      error.message ===
        'Cannot build lr scheduler "StepLR": "warmup_steps" is 8, but the step makes 8 updates',
  );
});

Deno.test("lrScheduler() gives a step of fewer than ten updates a step size of one", () => {
  expectClose(
    rates(lrScheduler({ type: "StepLR" }, { baseLr: 1, totalSteps: 4 }), 3),
    [1, 0.1, 0.01],
  );
});

Deno.test("constantRate() never changes", () => {
  assert.deepEqual(rates(constantRate(0.25), 4), [0.25, 0.25, 0.25, 0.25]);
});

for (const type of SCHEDULER_TYPES) {
  for (const warmup_steps of [0, 3]) {
    Deno.test(`lrScheduler() continues "${type}" from JSON after a warm-up of ${warmup_steps}`, () => {
      const entry: SchedulerEntry = {
        type,
        warmup_steps,
        patience: 1,
        milestones: [2, 4],
      };
      const scheduler = lrScheduler(entry, { baseLr: 0.3, totalSteps: 12 });
      let straight = scheduler.start();
      let resumed = scheduler.start();
      for (let k = 0; k < 11; k++) {
        straight = scheduler.next(straight, Math.sin(k));
        resumed = scheduler.next(
          JSON.parse(JSON.stringify(resumed)) as SchedulerState,
          Math.sin(k),
        );
        assert.deepEqual(resumed, straight);
        assert.equal(scheduler.lr(resumed), scheduler.lr(straight));
      }
    });
  }
}
