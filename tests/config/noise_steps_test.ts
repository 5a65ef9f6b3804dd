import assert from "node:assert/strict";
import { pipelineOf, refusalsOf } from "./refusals.ts";

Deno.test("loadPipeline() refuses more steps of a sampler than the diffusion has times, at their place", async () => {
  const steps = (count: number) =>
    pipelineOf(
      "      - { name: a, n_epochs: 1, train_vae: true, train_diff: true }\n" +
        `      - { name: draw, task: generate, from: a, prompts: [x], steps: ${count} }\n`,
    );
  assert.deepEqual(await refusalsOf(steps(1000)), []);
  assert.deepEqual(
    await refusalsOf(steps(21), ["model.num_train_timesteps=20"]),
    [
      '7:69 Cannot draw in step "draw" with "steps: 21": the diffusion has 20 times ("model.num_train_timesteps")',
    ],
  );
});
