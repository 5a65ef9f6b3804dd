// The rules that end a train step.
import assert from "node:assert/strict";
import { judgeTransition, mostEpochs } from "../../lib/train/transition.ts";

const REACHES = {
  kind: "metric_reaches",
  metric: "recon_loss",
  threshold: 0.01,
  direction: "below",
  window: 20,
  maxEpochs: 20,
} as const;

Deno.test("judgeTransition() ends after exactly n epochs", () => {
  const rule = { kind: "after_epochs", epochs: 10 } as const;
  assert.deepEqual(judgeTransition(rule, 5, undefined), {
    ends: false,
    reason: "epoch 5/10",
  });
  assert.deepEqual(judgeTransition(rule, 10, undefined), {
    ends: true,
    reason: "completed 10 epochs",
  });
});

Deno.test("judgeTransition() waits for a full window, then for the threshold", () => {
  assert.equal(
    judgeTransition(REACHES, 1, undefined).reason,
    "collecting 20 values of recon_loss",
  );
  assert.equal(
    judgeTransition(REACHES, 1, 0.02).reason,
    "recon_loss 0.0200, target < 0.01",
  );
  assert.deepEqual(judgeTransition(REACHES, 1, 0.005), {
    ends: true,
    reason: "threshold met: recon_loss 0.0050 < 0.01",
  });
});

Deno.test("judgeTransition() looks upwards where higher is better", () => {
  const rule = {
    ...REACHES,
    metric: "psnr",
    threshold: 20,
    direction: "above",
  } as const;
  assert.equal(judgeTransition(rule, 1, 19).ends, false);
  assert.equal(judgeTransition(rule, 1, 21).ends, true);
});

Deno.test("judgeTransition() ends at max_epochs, not one later", () => {
  const two = { ...REACHES, maxEpochs: 2 };
  assert.equal(judgeTransition(two, 1, 1).ends, false);
  assert.deepEqual(judgeTransition(two, 2, 1), {
    ends: true,
    reason: "maximum of 2 epochs reached",
  });
  assert.equal(mostEpochs(two), 2);
});
