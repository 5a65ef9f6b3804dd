// Compare and evaluate steps on two trained arms: what they write, and that it follows from the arms' own weights.
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import type {
  CompareStep,
  EvaluateStep,
  TrainStep,
} from "../../lib/catalog/pipeline.ts";
import { compareBody } from "../../lib/steps/compare.ts";
import { evaluateBody } from "../../lib/steps/evaluate.ts";
import { tf } from "../../lib/tensor/tf.ts";
import {
  contextOf,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";

const SHARED = {
  ...{ index: 1, description: "", needs: ["vae", "control"] },
  permissions: { read: [], write: [], net: [], env: [] },
  retry: { attempts: 1, backoff_seconds: 1 },
  timeout_seconds: null,
  weights: "ema",
  dataset: "held_out",
  limit: null,
};

const COMPARE = {
  ...SHARED,
  ...{ name: "compare", task: "compare", arms: ["vae", "control"] },
  ...{ baseline_dataset: "train", metric: "recon_l1" },
  ...{ bootstrap_samples: 200, pictures: 3, arms_spade: [true, false] },
  arms_init_from: [
    { compressor: "vae", expander: "vae" },
    { compressor: "control", expander: "control" },
  ],
} as unknown as CompareStep;

const EVALUATE = {
  ...SHARED,
  ...{ name: "evaluate", task: "evaluate", of: "vae", spade: true },
  ...{ init_from: { compressor: "vae", expander: "vae" } },
  metrics: ["recon_l1", "ssim"],
} as unknown as EvaluateStep;

Deno.test("compareBody() measures both arms on every picture and says what the interval shows", async () => {
  using project = new TinyProject();
  const inputs = await trainArms(project);
  const tensors = tf.memory().numTensors;
  const context = contextFor(project, COMPARE, inputs);
  const result = await compareBody(context.context);
  strictEqual(tf.memory().numTensors, tensors);
  const report = JSON.parse(await output(context.context.folder, "compare"));
  strictEqual(report.count, project.size);
  strictEqual(report.images.length, project.size);
  const [on, off] = report.arms;
  deepStrictEqual([on.step, on.role, on.spade], ["vae", "treatment", true]);
  deepStrictEqual([off.step, off.role, off.spade], [
    "control",
    "control",
    false,
  ]);
  const { mean, interval: [low, high] } = report.differences.recon_l1;
  close(mean, on.means.recon_l1 - off.means.recon_l1);
  ok(low <= mean && mean <= high);
  close(on.ratio, on.means.recon_l1 / report.baseline.recon_l1);
  deepStrictEqual(report.latent, {
    ...{ numbers: 20, image_numbers: 192, share: 20 / 192 },
  });
  strictEqual(result.summary, report.verdict.sentence);
  ok(result.summary?.endsWith("over 7 images, one seed"));
  strictEqual(result.metrics.recon_l1_vae, on.means.recon_l1);
  const path = join(context.context.folder, "output", "reconstructions.png");
  deepStrictEqual(context.pictures, [path]);
  const grid = decode(await Deno.readFile(path));
  deepStrictEqual([grid.width, grid.height], [3 * 28 + 4, 3 * 28 + 4]);

  const again = contextFor(project, COMPARE, inputs);
  await compareBody(again.context);
  strictEqual(
    JSON.stringify(JSON.parse(await output(again.context.folder, "compare"))),
    JSON.stringify(report),
  );

  const alone = contextFor(project, EVALUATE, inputs);
  const evaluated = await evaluateBody(alone.context);
  deepStrictEqual(evaluated.metrics, {
    recon_l1: on.means.recon_l1,
    ssim: on.means.ssim,
  });
  const single = JSON.parse(await output(alone.context.folder, "evaluate"));
  strictEqual(single.images[0].recon_l1, report.images[0].treatment.recon_l1);
});

Deno.test("compareBody() of an arm with itself shows no difference", async () => {
  using project = new TinyProject();
  const inputs = await trainArms(project);
  const same = {
    ...COMPARE,
    ...{ arms: ["vae", "vae"], arms_spade: [true, true] },
    arms_init_from: [COMPARE.arms_init_from[0], COMPARE.arms_init_from[0]],
  } as CompareStep;
  const { context } = contextFor(project, same, inputs);
  await compareBody(context);
  const report = JSON.parse(await output(context.folder, "compare"));
  strictEqual(report.verdict.outcome, "no_difference_shown");
  deepStrictEqual(report.differences.ssim, { interval: [0, 0], mean: 0 });
});

Deno.test("compareBody() refuses one picture, and steps without a VAE", async () => {
  using project = new TinyProject();
  const one = contextFor(project, { ...COMPARE, limit: 1 }, {});
  await rejects(
    compareBody(one.context),
    /Cannot compare on 1 picture of dataset "held_out": wanted at least 2/,
  );
  const none = contextFor(
    project,
    { ...COMPARE, arms_init_from: [{}, {}] },
    {},
  );
  await rejects(
    compareBody(none.context),
    /Cannot measure pictures of step "vae": no step before it trained its compressor/,
  );
});

async function trainArms(
  project: TinyProject,
): Promise<Record<string, string>> {
  const inputs: Record<string, string> = {};
  for (const [name, spade] of [["vae", true], ["control", false]] as const) {
    const folder = project.folder(name);
    const step = vaeStep({ name, train_spade: spade, decode_spade: spade });
    await train(requestOf(project, step, { folder }));
    inputs[name] = folder;
  }
  return inputs;
}

let contexts = 0;

function contextFor(
  project: TinyProject,
  step: CompareStep | EvaluateStep,
  inputs: Record<string, string>,
) {
  const folder = project.folder(`${step.name}-${contexts++}`);
  const request = requestOf(project, step as unknown as TrainStep, {
    folder,
    inputs,
  });
  return contextOf(request);
}

async function output(folder: string, name: string): Promise<string> {
  return await Deno.readTextFile(join(folder, "output", `${name}.json`));
}

function close(found: number, wanted: number): void {
  ok(Math.abs(found - wanted) < 1e-9, `${found}, wanted ${wanted}`);
}
