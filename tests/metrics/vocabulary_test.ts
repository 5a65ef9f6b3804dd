import assert from "node:assert/strict";
import { findMetric, METRICS } from "../../lib/metrics/vocabulary.ts";

Deno.test("METRICS has no name or alias twice", () => {
  const names = METRICS.flatMap((
    { name, aliases },
  ) => [name, ...aliases ?? []]);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});

Deno.test("METRICS says what each word means", () => {
  for (const { name, meaning } of METRICS) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.match(meaning, /^[A-Z].*[^.]$/);
  }
});

Deno.test("findMetric() knows every name that FluxFlow accepts in a transition", () => {
  const accepted = {
    vae: "vae_loss",
    vae_loss: "vae_loss",
    recon: "recon_loss",
    recon_loss: "recon_loss",
    kl: "kl_loss",
    kl_loss: "kl_loss",
    discriminator: "d_loss",
    generator: "g_loss",
    lpips: "lpips_loss",
    flow: "flow_loss",
    flow_loss: "flow_loss",
  };
  for (const [name, wanted] of Object.entries(accepted)) {
    assert.equal(findMetric(name)?.name, wanted);
  }
});

Deno.test("findMetric() gives held-out metrics the direction of their like", () => {
  for (const name of ["recon_l1", "psnr", "ssim", "flow_loss", "vae_loss"]) {
    assert.equal(
      findMetric(`val_${name}`)?.direction,
      findMetric(name)?.direction,
    );
  }
  assert.equal(findMetric("psnr")?.direction, "higher");
  assert.equal(findMetric("val_kl_beta"), null);
  assert.equal(findMetric("nonsense"), null);
});
