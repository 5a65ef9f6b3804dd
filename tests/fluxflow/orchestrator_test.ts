// PO1 to PO20: where a pipeline stands, what it remembers of its metrics, and when a step ends.
import assert from "node:assert/strict";
import { join } from "node:path";
import { findCheckpoint } from "../../lib/checkpoint/load_checkpoint.ts";
import {
  describePosition,
  parseRunPosition,
} from "../../lib/exchange/run_position.ts";
import { openMetricLog, readMetricRows } from "../../lib/metrics/metric_log.ts";
import {
  emptyWindow,
  type MetricWindow,
  pushMetric,
  windowMean,
} from "../../lib/metrics/metric_window.ts";
import {
  presentValue,
  pushMetrics,
  pushRemembered,
  startProgress,
} from "../../lib/train/train_progress.ts";
import { judgeTransition } from "../../lib/train/transition.ts";
import { ORIGINAL_STATE } from "../exchange/original_files.ts";
import {
  messagesOf,
  onlyStep,
  stepsOf,
  textOf,
  VAE,
} from "./written_pipeline.ts";

/** FluxFlow's rule of a loss: a mean of twenty values below 0.01, at most twenty epochs. */
const REACHES = {
  kind: "metric_reaches",
  metric: "vae_loss",
  threshold: 0.01,
  direction: "below",
  window: 20,
  maxEpochs: 20,
} as const;

function windowOf(size: number, values: readonly number[]): MetricWindow {
  return values.reduce(pushMetric, emptyWindow(size));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

Deno.test("PO1: before the first batch the cursor is at zero and nothing is measured or finished", () => {
  const { cursor, windows, finished, endReason } = startProgress(null);
  assert.deepEqual(cursor, { epoch: 0, batch: 0, trainStep: 0 });
  assert.deepEqual([windows, finished, endReason], [{}, false, null]);
});

Deno.test("PO4: a component that one step freezes is trained by the next one, with unfreeze or without", async () => {
  for (const keys of [{}, { unfreeze: ["expander"] }]) {
    const frozen = { ...VAE, train_vae: false, gan_training: true };
    const [first, second] = await stepsOf(
      textOf([{ ...frozen, freeze: ["expander"] }, {
        ...VAE,
        ...keys,
        name: "after",
      }]),
    );
    assert.ok(first!.frozen.includes("expander"), first!.frozen.join());
    assert.ok(!first!.trains.includes("expander"));
    assert.deepEqual(second!.trains, ["compressor", "expander"]);
    assert.deepEqual(second!.frozen, []);
  }
});

Deno.test("PO5: a component that the step does not use may be frozen", async () => {
  const freeze = ["text_encoder", "flow_processor", "discriminator"];
  assert.equal(await messagesOf({ ...VAE, freeze }), "");
});

Deno.test("PO6: freezing text encoder and discriminator leaves the compressor trainable", async () => {
  const step = await onlyStep({ freeze: ["text_encoder", "discriminator"] });
  assert.deepEqual(step.trains, ["compressor", "expander"]);
});

Deno.test("PO7, PO8: values are kept by name, in the order in which they came, here and in the step's own file", async () => {
  const values = [0.5, 0.3, 0.4];
  let windows = {};
  const folder = await Deno.makeTempDir();
  const path = join(folder, "metrics.jsonl");
  using log = await openMetricLog(path);
  for (const [batch, flow_loss] of values.entries()) {
    const metrics = { flow_loss, kl_loss: batch };
    windows = pushMetrics(windows, metrics);
    const row = { kind: "train", epoch: 0, global_step: batch + 1 } as const;
    await log.append({ ...row, batch, metrics });
  }
  assert.deepEqual(windows, {
    flow_loss: { size: 20, values },
    kl_loss: { size: 20, values: [0, 1, 2] },
  });
  const rows = await readMetricRows(path);
  assert.deepEqual(rows.map(({ metrics }) => metrics.flow_loss), values);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("PO9: of 150 values a trainer remembers the last hundred", () => {
  const windows = numbers(150).reduce(
    (all, value) => pushRemembered(all, { vae_loss: value }),
    {} as Readonly<Record<string, MetricWindow>>,
  );
  assert.deepEqual(windows["vae_loss"]!.values, numbers(150).slice(50));
});

Deno.test("PO10: a window of twenty over 0 to 29 has the mean of 10 to 29", () => {
  assert.equal(windowMean(windowOf(20, numbers(30))), 19.5);
});

Deno.test("PO11: ten values of twenty decide nothing", () => {
  const mean = windowMean(windowOf(20, numbers(10)));
  assert.equal(mean, null);
  assert.deepEqual(judgeTransition(REACHES, 1, mean ?? undefined), {
    ends: false,
    reason: "collecting 20 values of vae_loss",
  });
});

Deno.test("PO12: a metric that was never measured has no value", () => {
  const progress = startProgress({ metric: "vae_loss", size: 20 });
  assert.equal(presentValue(progress, "flow_loss"), null);
  assert.equal(windowMean(progress.windows["vae_loss"]!), null);
});

Deno.test("PO13: of ten epochs the fifth does not end a step, the tenth does", () => {
  const rule = { kind: "after_epochs", epochs: 10 } as const;
  const five = judgeTransition(rule, 5, undefined);
  assert.deepEqual([five.ends, five.reason], [false, "epoch 5/10"]);
  assert.equal(judgeTransition(rule, 10, undefined).ends, true);
});

Deno.test("PO14: thirty values of 0.02 miss a threshold of 0.01, thirty of 0.005 meet it", () => {
  const judged = [0.02, 0.005].map((value) => {
    const mean = windowMean(windowOf(20, numbers(30).map(() => value)));
    return judgeTransition(REACHES, 1, mean!);
  });
  assert.deepEqual(judged, [
    { ends: false, reason: "vae_loss 0.0200, target < 0.01" },
    { ends: true, reason: "threshold met: vae_loss 0.0050 < 0.01" },
  ]);
});

Deno.test("PO15, NX9: epoch 20 of at most 20 ends the step and says so, epoch 19 does not", () => {
  assert.equal(judgeTransition(REACHES, 19, 0.5).ends, false);
  assert.deepEqual(judgeTransition(REACHES, 20, 0.5), {
    ends: true,
    reason: "maximum of 20 epochs reached",
  });
});

Deno.test("PO17: where nothing was saved there is nothing to go on from, and nothing to warn of", async () => {
  const folder = await Deno.makeTempDir();
  assert.deepEqual(await findCheckpoint(folder), {
    found: null,
    behind: [],
    damaged: [],
    problems: [],
  });
  await Deno.remove(folder);
});

Deno.test("PO18: a legacy position of FluxFlow names no step", () => {
  const legacy = { version: "1.0", mode: "legacy", epoch: 5, batch_idx: 30 };
  const position = parseRunPosition(JSON.stringify(legacy))!;
  assert.deepEqual([position.step, position.completed], [null, []]);
  assert.match(describePosition(position), /a legacy run without steps/);
});

Deno.test("PO19: a pipeline's position has step, epoch, batch, global step and what was completed", () => {
  const position = parseRunPosition(JSON.stringify(ORIGINAL_STATE))!;
  const { step, epoch, batch, globalStep, completed } = position;
  assert.deepEqual([step?.index, epoch, batch], [1, 3, 75]);
  assert.deepEqual([globalStep, completed], [2500, ["vae"]]);
});

Deno.test("PO20: where a pipeline's position has no epoch of the step, the run's own stands for it", () => {
  const old = {
    ...ORIGINAL_STATE,
    epoch: 5,
    batch_idx: 30,
    global_step: 1200,
    pipeline: { current_step_index: 1, current_step_name: "flow" },
  };
  const { epoch, batch, globalStep } = parseRunPosition(JSON.stringify(old))!;
  assert.deepEqual([epoch, batch, globalStep], [5, 30, 1200]);
});
