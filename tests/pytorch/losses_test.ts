// Losses and whole training turns against PyTorch's autograd: reference_losses.py writes what is compared.
import assert from "node:assert/strict";
import type { Variant } from "../../lib/blueprint/model_options.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { histogramLoss } from "../../lib/losses/histogram.ts";
import {
  colourStatisticsLoss,
  contrastLoss,
} from "../../lib/losses/image_statistics.ts";
import { klDivergence } from "../../lib/losses/kl_divergence.ts";
import {
  frequencyWeightedError,
  meanSquaredError,
} from "../../lib/losses/reconstruction.ts";
import { smoothL1 } from "../../lib/losses/smooth_l1.ts";
import { buildModel, type FluxModel } from "../../lib/models/flux_model.ts";
import { tf } from "../../lib/tensor/tf.ts";
import {
  discriminatorLoss,
  verdictGradient,
} from "../../lib/train/discriminator_losses.ts";
import { signedBalance } from "../../lib/train/loss_balance.ts";
import type { LossTerms, TrainWindows } from "../../lib/train/trainer.ts";
import { vaeLoss } from "../../lib/train/vae_losses.ts";
import { testWith } from "../support/outside_program.ts";
import { tinyModel } from "../support/tiny_model.ts";
import fixture from "../fixtures/pytorch_losses.json" with { type: "json" };
import {
  assertLike,
  channelsFirst,
  channelsLast,
  fill,
  sequence,
  settleNorms,
  type Summary,
} from "./formulas.ts";
import { assertSameReference, pythonJson, TORCH } from "./python.ts";

await startEngine("wasm");

type Loss = (predicted: tf.Tensor4D, target: tf.Tensor4D) => tf.Scalar;

const LOSSES: Readonly<Record<keyof typeof fixture.losses, Loss>> = {
  frequencyWeightedError,
  meanSquaredError,
  smoothL1: (x, y) => smoothL1(tf.mul(x, 3), y),
  colourStatisticsLoss,
  contrastLoss,
  histogramLoss,
  klDivergence: (x, y) => klDivergence(x, y, { freeBits: 0.1 }),
};

for (const [name, loss] of Object.entries(LOSSES)) {
  Deno.test(`${name}() has PyTorch's value and gradient`, () => {
    const wanted = fixture.losses[name as keyof typeof fixture.losses];
    tf.tidy(() => {
      const x = channelsLast(sequence([2, 3, 8, 8], [0.11, 0.2, 1.1]));
      const y = channelsLast(sequence([2, 3, 8, 8], [0.13, 0.9, 0.7]));
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
        loss(x as tf.Tensor4D, y)
      )(x);
      assertNear(value.dataSync()[0]!, wanted.value, 1e-5);
      const what = "gradient";
      const found = channelsFirst(grad).dataSync();
      assertLike(found, wanted.gradient, { what, tolerance: 1e-3 });
    });
  });
}

interface Gradients {
  readonly gradients: Readonly<Record<string, Summary>>;
}

for (const variant of ["fluxline", "fluxflow"] as const) {
  Deno.test(`a discriminator's turn with its penalty has PyTorch's loss and gradients under ${variant}`, () => {
    const wanted = fixture.turns[`discriminator of ${variant}`];
    using model = judgingModel(variant, { vaeDim: 8, vaeHeads: 2 });
    tf.tidy(() => {
      const context = sequence([2, 8]);
      const pictures = {
        images: tf.concat([
          channelsLast(sequence([2, 3, 8, 8])),
          channelsLast(sequence([2, 3, 8, 8], [0.23, 0.1, 1])),
        ]),
        context: tf.concat([context, context]) as tf.Tensor2D,
      };
      const gradient = verdictGradient(model, pictures);
      const { d_loss, r1_penalty } = assertGradients(
        model,
        () => discriminatorLoss(model, pictures, { gradient, gamma: 5 }),
        wanted,
      );
      assertNear(d_loss!, wanted.hinge, 1e-5);
      assertNear(r1_penalty!, wanted.penalty, 1e-4);
    });
  });
}

/** Signed values of two earlier batches, as loss_balance.ts keeps them. */
const WINDOWS: TrainWindows = {
  "recon_loss/signed": { size: 100, values: [0.3, 0.5] },
  "kl_loss/signed": { size: 100, values: [1.2, 0.9] },
  "g_loss/signed": { size: 100, values: [-0.9, -0.8] },
};

interface Turn extends Gradients {
  readonly total: number;
  readonly weights: Readonly<Record<string, number>>;
}

const TURNS: readonly {
  readonly name: keyof typeof fixture.turns;
  readonly variant: Variant;
  readonly reconstructs: boolean;
  readonly windows: TrainWindows | null;
}[] = [
  turn("VAE of fluxline", true),
  turn("VAE of fluxflow", true),
  { ...turn("VAE of fluxflow, balanced", true), windows: WINDOWS },
  turn("GAN-only step of fluxline", false),
  turn("GAN-only step of fluxflow", false),
];

function turn(name: keyof typeof fixture.turns, reconstructs: boolean) {
  const variant: Variant = name.includes("fluxline") ? "fluxline" : "fluxflow";
  return { name, variant, reconstructs, windows: null };
}

// Which weights a term reaches, and how much, through both networks and the discriminator at once.
for (const { name, variant, reconstructs, windows } of TURNS) {
  Deno.test(`the loss of a batch has PyTorch's value and gradients: ${name}`, () => {
    const wanted = fixture.turns[name] as Turn;
    using model = judgingModel(variant, { vaeDim: 16, vaeHeads: 2 });
    for (const component of ["compressor", "expander"] as const) {
      fill(model, component);
    }
    tf.tidy(() => {
      const inputs = {
        images: channelsLast(sequence([2, 3, 8, 8], [0.31, 0.5, 0.5])),
        noise: channelsLast(sequence([2, 16, 2, 2], [0.17, 1, 1])),
        features: null,
        klBeta: 1e-3,
        balance: (losses: Parameters<typeof signedBalance>[1]) =>
          windows === null ? {} : signedBalance(windows, losses),
      };
      const found = assertGradients(
        model,
        () =>
          vaeLoss(model, inputs, {
            spade: true,
            reconstructs,
            mseWeight: 0.1,
            klBeta: 1e-3,
            klWarmupSteps: 0,
            klFreeBits: 0,
            adversarial: 0.5,
            perceptual: null,
            balanced: windows !== null,
          }),
        wanted,
        { tolerance: 1e-3, share: 1e-2 },
      );
      assertNear(found.total!, wanted.total, 1e-4);
      if (windows === null) return;
      for (const [loss, weight] of Object.entries(wanted.weights)) {
        assertNear(found[`weight_${loss}`]!, weight, 1e-3);
      }
      // The defect that `fluxline` repairs: a generator that does well is trained to do worse.
      assert.ok(wanted.weights.gan! < 0);
    });
  });
}

/** A model with filled weights and a discriminator whose norms PyTorch began with. */
function judgingModel(
  variant: Variant,
  sizes: { readonly vaeDim: number; readonly vaeHeads: number },
): FluxModel {
  const model = buildModel(tinyModel({ variant, ...KERNELS, ...sizes }), {
    components: ["compressor", "expander", "discriminator"],
    seed: 0,
  });
  fill(model, "discriminator");
  settleNorms(model);
  return model;
}

const KERNELS = { compressorKernel: 8, expanderUpKernel: 4 };

/** Compares the gradient of every weight that PyTorch's loss reached; answers the terms. */
function assertGradients(
  model: FluxModel,
  loss: () => LossTerms,
  wanted: Gradients,
  { tolerance, share } = { tolerance: 1e-3, share: 1e-4 },
): Record<string, number> {
  const names = Object.keys(wanted.gradients);
  const variables = names.map((name) => model.parameters.get(name));
  const terms: Record<string, number> = {};
  const { value, grads } = tf.variableGrads(() => {
    const made = loss();
    for (const [name, term] of Object.entries(made.terms)) {
      terms[name] = term.dataSync()[0]!;
    }
    return made.total;
  }, variables);
  terms.total = value.dataSync()[0]!;
  const found = new Map(
    names.map((name, k) => [name, grads[variables[k]!.name]!]),
  );
  const least = share *
    Math.max(...Object.values(wanted.gradients).map(({ norm }) => norm));
  for (const [name, { data }] of model.parameters.toStored(found)) {
    assertLike(data, wanted.gradients[name]!, {
      what: name,
      tolerance,
      least,
    });
  }
  return terms;
}

function assertNear(found: number, wanted: number, tolerance: number): void {
  const allowed = tolerance * Math.max(1e-3, Math.abs(wanted));
  assert.ok(Math.abs(found - wanted) <= allowed, `${found} for ${wanted}`);
}

testWith(TORCH, "reference_losses.py still finds what is stored", async () => {
  assertSameReference(await pythonJson("reference_losses.py"), fixture);
});
