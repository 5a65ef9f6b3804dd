// What a step with `gan_training` becomes: what it trains, from what it starts, and what it may not freeze.
import assert from "node:assert/strict";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { workRecord } from "../../lib/plan/work_record.ts";
import { findingsOf, loadedFrom, pipelineOf, refusalsOf } from "./refusals.ts";

async function lastStep(steps: string, more = ""): Promise<TrainStep> {
  const pipeline = await loadedFrom(pipelineOf(steps, more));
  const step = pipeline.steps.at(-1)!;
  assert(step.task === "train");
  return step;
}

const VAE = "      - { name: vae, n_epochs: 1, train_vae: true }\n";

function ganOnly(more = ""): string {
  return `      - { name: gan, n_epochs: 1, gan_training: true${more} }\n`;
}

Deno.test("loadPipeline() trains VAE and discriminator with train_vae and gan_training", async () => {
  const step = await lastStep(
    "      - { name: a, n_epochs: 1, train_vae: true, gan_training: true, adaptive_weights: true }\n",
  );
  assert.deepEqual(step.trains, ["compressor", "expander", "discriminator"]);
  assert.deepEqual(step.components, step.trains);
  assert.deepEqual(Object.keys(step.optimization.optimizers), [
    "vae",
    "discriminator",
  ]);
  assert.deepEqual(
    [
      step.lambda_adv,
      step.r1_gamma,
      step.r1_interval,
      step.instance_noise_std,
      step.instance_noise_decay,
      step.adaptive_weights,
    ],
    [0.5, 5, 16, 0.01, 0.9999, true],
  );
});

Deno.test("loadPipeline() trains the VAE by the verdict alone in a GAN-only step", async () => {
  const step = await lastStep(VAE + ganOnly());
  assert.deepEqual(step.trains, ["compressor", "expander", "discriminator"]);
  assert.deepEqual(step.init_from, { compressor: "vae", expander: "vae" });
  const expander = await lastStep(VAE + ganOnly(", freeze: [compressor]"));
  assert.deepEqual(
    [expander.trains, expander.frozen],
    [["expander", "discriminator"], ["compressor"]],
  );
});

Deno.test("loadPipeline() trains the discriminator alone where the VAE is frozen, and passes it on", async () => {
  const alone = VAE + ganOnly(", freeze: [compressor, expander]");
  const step = await lastStep(alone);
  assert.deepEqual(
    [step.trains, step.frozen, Object.keys(step.optimization.optimizers)],
    [["discriminator"], ["compressor", "expander"], ["discriminator"]],
  );
  const next = await lastStep(
    `${alone}      - { name: more, n_epochs: 1, train_vae: true, gan_training: true }\n`,
  );
  assert.equal(next.init_from.discriminator, "gan");
});

Deno.test("loadPipeline() gives a discriminator without an optimizer its generator's", async () => {
  const optimizers =
    "optimization: { optimizers: { vae: { type: Lion, lr: 1e-4 }";
  const copied = await lastStep(VAE + ganOnly(`, ${optimizers} } }`));
  assert.deepEqual(
    copied.optimization.optimizers.discriminator,
    copied.optimization.optimizers.vae,
  );
  const own = await lastStep(
    VAE + ganOnly(
      `, ${optimizers}, discriminator: { lr: 3e-4, betas: [0, 0.9], amsgrad: true } }, schedulers: { discriminator: { type: ConstantLR } } }`,
    ),
  );
  assert.equal(own.optimization.optimizers.discriminator!.lr, 3e-4);
  assert.equal(own.optimization.schedulers.discriminator!.type, "ConstantLR");
});

Deno.test("loadPipeline() refuses a GAN step that freezes what it trains", async () => {
  assert.deepEqual(
    await refusalsOf(pipelineOf(VAE + ganOnly(", freeze: [D_img]"))),
    [
      '7:64 Cannot freeze "D_img" in step "gan": the step trains it ("gan_training: true")',
    ],
  );
  const both = ganOnly(", train_vae: true, freeze: [expander]");
  assert.deepEqual(await refusalsOf(pipelineOf(both)), [
    '6:81 Cannot freeze "expander" in step "gan": the step trains it ("train_vae: true")',
  ]);
});

Deno.test("loadPipeline() refuses to watch what a GAN-only step does not measure", async () => {
  const watching = (metric: string, more = "") =>
    refusalsOf(pipelineOf(
      VAE +
        ganOnly(
          `${more}, transition_on: { mode: loss_threshold, metric: ${metric}, threshold: 1, max_epochs: 1 }`,
        ),
    ));
  assert.match(
    (await watching("recon"))[0]!,
    /Cannot watch "recon" in step "gan": the step does not train to reconstruct/,
  );
  assert.deepEqual(await watching("generator"), []);
  const frozen = ", freeze: [compressor, expander]";
  assert.match(
    (await watching("generator", frozen))[0]!,
    /the step trains the discriminator alone/,
  );
  assert.match(
    (await watching("kl", frozen))[0]!,
    /the step does not train compressor and expander/,
  );
});

Deno.test("loadPipeline() warns of a discriminator whose expander no step has trained", async () => {
  const found = await findingsOf(pipelineOf(ganOnly()));
  assert.match(
    found.map(({ message }) => message).join("\n"),
    /The discriminator of step "gan" judges the pictures of an expander that no step has trained/,
  );
  assert.deepEqual(await findingsOf(pipelineOf(VAE + ganOnly())), []);
});

Deno.test("loadPipeline() takes a discriminator under variant fluxflow and tells that its noise has no effect", async () => {
  const of = (more = "") =>
    findingsOf(
      `model: { variant: fluxflow }\n${pipelineOf(VAE + ganOnly(more))}`,
    );
  const told = (await of(", instance_noise_std: 0.1")).map(({ message }) =>
    message
  );
  assert.ok(
    told.includes(
      '"instance_noise_std" has no effect in step "gan" under variant fluxflow: the original never adds the noise',
    ),
    told.join("\n"),
  );
  assert.ok((await of()).every(({ message }) => !message.includes("noise")));
});

Deno.test("workRecord() knows the discriminator's sizes only where there is one", async () => {
  const text = `model: { disc_base: 8 }\n${pipelineOf(VAE + ganOnly())}`;
  const pipeline = await loadedFrom(text);
  const [vae, gan] = pipeline.steps.map((step) =>
    workRecord(step, {
      pipeline,
      needs: new Map(),
      datasets: new Map(),
      modules: null,
    }).model as Record<string, unknown>
  );
  assert.deepEqual([vae!.disc_base, vae!.disc_depth], [undefined, undefined]);
  assert.deepEqual([gan!.disc_base, gan!.disc_depth], [8, 4]);
});

Deno.test("loadPipeline() refuses written sizes that the discriminator cannot halve, at their keys", async () => {
  const judged = (data: string, model = "downscales: 2") =>
    refusalsOf(
      `model: { ${model} }\n${pipelineOf(VAE + ganOnly())}`
        .replace("captions.tsv }", `captions.tsv, ${data} }`),
    );
  assert.deepEqual(await judged("img_size: 8"), [
    '2:69 Cannot judge pictures of 8x8: the discriminator halves them 4 times, wanted sides of 16 or more (step "gan")',
  ]);
  assert.deepEqual(
    await judged("img_size: 64, reduced_min_sizes: [32, 16]", "disc_depth: 5"),
    [
      '2:97 Cannot judge pictures of 16x16: the discriminator halves them 5 times, wanted sides of 32 or more (step "gan")',
    ],
  );
  assert.deepEqual(await judged("img_size: 16"), []);
  assert.deepEqual(
    await judged("img_size: 8", "downscales: 2, disc_depth: 3"),
    [],
  );
});
