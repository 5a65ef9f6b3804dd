// Present values of metrics, as summaries show them.
import assert from "node:assert/strict";
import {
  presentValue,
  presentValues,
  pushMetrics,
  startProgress,
} from "../../lib/train/train_progress.ts";

function progressAfter(rows: readonly Record<string, number>[]) {
  const start = startProgress({ metric: "recon_loss", size: 2 });
  const windows = rows.reduce(pushMetrics, start.windows as never);
  return { ...start, windows };
}

Deno.test("presentValue() is the window's mean of a training metric and the last value of a held-out one", () => {
  const progress = progressAfter([
    { recon_loss: 9, val_recon_l1: 0.5 },
    { recon_loss: 2, val_recon_l1: 0.4 },
    { recon_loss: 4, val_recon_l1: 0.3 },
  ]);
  assert.equal(presentValue(progress, "recon_loss"), 3);
  assert.equal(presentValue(progress, "val_recon_l1"), 0.3);
  assert.equal(presentValue(progress, "psnr"), null);
});

Deno.test("presentValues() keeps the order whatever the windows' order, and names each value once", () => {
  const values = {
    vae_loss: 2,
    skipped_updates: 0,
    kl_beta: 0.1,
    kl_loss: 3,
    recon_loss: 2,
    val_recon_l1: 0.3,
    recon_l1: 0.2,
  };
  const expected = ["val_recon_l1", "recon_l1", "recon_loss", "kl_loss"];
  const turned = Object.fromEntries(Object.entries(values).reverse());
  for (const row of [values, turned]) {
    const shown = presentValues(progressAfter([row]));
    assert.deepEqual(Object.keys(shown), expected);
  }
});

Deno.test("pushMetrics() leaves out what is no number", () => {
  const progress = progressAfter([{ recon_loss: 1 }, { recon_loss: NaN }]);
  assert.equal(presentValue(progress, "recon_loss"), 1);
});
