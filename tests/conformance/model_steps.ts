// Training steps, and drawing, that together ask for every operation of the models: each network, loss and way to train.
import { join } from "node:path";
import type { GenerateStep, TrainStep } from "../../lib/catalog/pipeline.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import type { EngineChoice } from "../../lib/engine_setup/engine_choice.ts";
import {
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";
import { generateBody } from "../../lib/steps/generate.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { lpipsWeights } from "../support/lpips_weights.ts";
import { ganStep } from "../train/gan_step.ts";
import {
  contextOf,
  flowStep,
  requestOf,
  TINY_MODEL,
  TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";

const ONE: Partial<TrainStep> = { n_epochs: 1, max_steps: 1 };

/** Trains and draws with everything that the models have. */
export async function runModelSteps(engine: EngineChoice): Promise<void> {
  using project = new TinyProject(3, 16);
  const run = async (
    name: string,
    step: TrainStep,
    changes: Partial<StepRequest> = {},
    inputs: Record<string, string> = {},
  ) => {
    const folder = project.folder(name);
    const request = requestOf(project, step, { folder, inputs });
    await train({ ...request, engine, ...changes });
    return folder;
  };
  const vae = await run("vae", vaeStep({ ...ONE, eval_dataset: "held_out" }));
  const inputs = { vae };
  const { lpips, path } = perceptualWeights(project);
  const everyTerm = {
    use_lpips: true,
    lpips_weights: path,
    kl_free_bits: 0.1,
    gradient_accumulation_steps: 2,
    max_steps: 2,
    adaptive_weights: true,
    r1_interval: 1,
  } as Partial<TrainStep>;
  await run("gan", ganStep({ ...ONE, ...everyTerm }), { lpips });
  const flow = await run("flow", flowStep({ ...ONE, ...LOSS }), {}, inputs);
  const model = {
    ...TINY_MODEL,
    variant: "fluxflow" as const,
    latent_dim: null,
  };
  const original = { model } as Partial<StepRequest>;
  const gan = ganStep({ ...ONE, adaptive_weights: true });
  const judged = await run("original-gan", gan, original);
  await run("original-flow", flowStep(ONE), original, { vae: judged });
  await draw(project, engine, flow);
}

const GENERATE = {
  ...flowStep({ name: "generate", index: 2, needs: ["flow"] }),
  task: "generate",
  from: "flow",
  prompts: ["a red square"],
  size: null,
  steps: 2,
  guidance_scale: 2,
  negative_prompt: "",
  sampler: "dpm++",
  weights: "ema",
  per_prompt: 1,
  init_from: {},
  decode_spade: true,
} as unknown as GenerateStep;

const LOSS = {
  flow_loss_type: "smooth_l1",
  timestep_sampling: "logit_normal",
} as unknown as Partial<TrainStep>;

function perceptualWeights(
  project: TinyProject,
): { lpips: { path: string; sha256: string }; path: string } {
  const path = join(project.root, "lpips.safetensors");
  const arrays = new Map<string, SafeTensor>();
  for (const [name, { shape, data }] of lpipsWeights()) {
    arrays.set(name, { dtype: "F32", shape: [...shape], data });
  }
  const bytes = encodeSafetensors(arrays);
  Deno.writeFileSync(path, bytes);
  return { lpips: { path, sha256: sha256Hex(bytes) }, path };
}

async function draw(
  project: TinyProject,
  engine: EngineChoice,
  flow: string,
): Promise<void> {
  const request = requestOf(project, GENERATE, {
    folder: project.folder("draw"),
    inputs: { flow },
  });
  await generateBody(contextOf({ ...request, engine }).context);
}
