import assert from "node:assert/strict";
import {
  balanceOf,
  magnitudesOf,
  NO_BALANCE,
} from "../../lib/train/loss_balance.ts";
import { pushRemembered } from "../../lib/train/train_progress.ts";
import type { TrainWindows } from "../../lib/train/trainer.ts";

Deno.test("balanceOf() is even before the first batch", () => {
  assert.deepEqual(balanceOf({}), NO_BALANCE);
});

Deno.test("balanceOf() keeps its sign over verdicts of both signs and looks back a hundred batches", () => {
  let windows: TrainWindows = {};
  for (let batch = 0; batch < 150; batch++) {
    const g_loss = batch < 50 ? 1000 : batch % 2 === 0 ? 0.2 : -0.4;
    const metrics = { recon_loss: 0.3, kl_loss: 1.2, g_loss };
    windows = pushRemembered(windows, magnitudesOf(metrics));
  }
  const { weight_gan, weight_recon } = balanceOf(windows);
  assert.ok(Math.abs(weight_gan - 0.6 / 0.3) < 1e-6);
  assert.ok(Math.abs(weight_recon - 0.6 / 0.3) < 1e-6);
});

Deno.test("balanceOf() leaves out what the step does not train on", () => {
  const windows = pushRemembered({}, magnitudesOf({ kl_loss: 2, g_loss: -1 }));
  const { weight_recon, weight_kl, weight_gan } = balanceOf(windows);
  assert.equal(weight_recon, 1);
  assert.ok(Math.abs(weight_kl - 0.75) < 1e-6);
  assert.ok(Math.abs(weight_gan - 1.5) < 1e-6);
});
