// `variant: fluxflow` through the real command line: a pipeline trains, stops, goes on, and starts from files without metadata.
import assert from "node:assert/strict";
import {
  digestsOf,
  PIPELINE,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";
import { testWith } from "../support/outside_program.ts";
import { python, PYTHON_SAFETENSORS } from "./python.ts";
import { currentTensors } from "../support/current_tensors.ts";

const FIXED = "adaptive_weights: false";
const FLOW =
  "{ name: flow, train_diff: true, n_epochs: 2, cfg_dropout_prob: 0.3, optimization: { optimizers: { flow: { type: AdamW, lr: 0.001 } } } }";
const STEPS = [
  vaeStep("vae", FIXED),
  FLOW,
  "{ name: draw, task: generate, from: flow, prompts: [red heart], steps: 2 }",
  "{ name: measure, task: evaluate, of: vae, dataset: heldout }",
];

/** A project whose model is the original's: its arithmetic, and tokens as wide as the VAE. */
async function originalProject(
  ...steps: readonly string[]
): Promise<SmallProject> {
  const project = await SmallProject.open(...steps);
  const text = await Deno.readTextFile(project.path(PIPELINE));
  await project.write(
    PIPELINE,
    text.replace("latent_dim: 4", "variant: fluxflow"),
  );
  return project;
}

let whole: Promise<SmallProject> | undefined;
Deno.test.afterAll(async () => await (await whole)?.[Symbol.asyncDispose]());

/** The undisturbed run, once for all tests here. */
function wholeRun(): Promise<SmallProject> {
  whole ??= (async () => {
    const project = await originalProject(...STEPS);
    const { code, err } = await project.train("--quiet");
    assert.deepEqual([code, err], [0, ""]);
    return project;
  })();
  return whole;
}

async function weightsOf(folder: string): Promise<Map<string, number[]>> {
  const tensors = await currentTensors(folder);
  return new Map([...tensors].map(([name, { data }]) => [name, [...data]]));
}

Deno.test("a pipeline of variant fluxflow trains VAE and flow, draws, and leaves latents in their own scale", async () => {
  const project = await wholeRun();
  const weights = await weightsOf(project.stepFolder("flow"));
  assert.ok(
    weights.get("flow_processor.latent_std")!.every((value) => value === 1),
  );
  assert.ok(
    weights.get("flow_processor.latent_mean")!.every((value) => value === 0),
  );
});

Deno.test("a stopped run of variant fluxflow goes on to the bytes of an undisturbed one", async () => {
  const undisturbed = await wholeRun();
  await using stopped = await originalProject(...STEPS);
  const child = stopped.start("train", PIPELINE, "--quiet");
  await until(() => {
    try {
      return [...Deno.readDirSync(stopped.stepFolder("flow") + "/checkpoints")]
        .length > 0;
    } catch {
      return false;
    }
  });
  child.kill("SIGKILL");
  await child.output();
  assert.equal((await stopped.train("--quiet")).code, 0);
  for (const name of ["vae", "flow"]) {
    const [wanted, found] = await Promise.all(
      [undisturbed, stopped].map((project) =>
        digestsOf(project.stepFolder(name))
      ),
    );
    assert.deepEqual(found, wanted);
  }
});

Deno.test("what differs from the original's training is said before it starts", async () => {
  await using project = await originalProject(
    vaeStep("first"),
    vaeStep("second", FIXED),
  );
  const { code, err } = await project.run("validate", PIPELINE);
  assert.equal(code, 0);
  assert.match(err, /losses of step "first" keep their weights/);
  assert.match(err, /warm-up of the divergence in step "second" counts/);
  assert.equal(err.match(/warning:/g)?.length, 2, err);
});

testWith(
  PYTHON_SAFETENSORS,
  "a file without metadata or latent statistics is one of FluxFlow's and starts a flow under variant fluxflow",
  async () => {
    await using project = await (await wholeRun()).copy();
    const { code, err } = await project.run(
      ...["export", PIPELINE, "flow", "--to", "out", "--weights", "raw"],
    );
    assert.equal(code, 0, err);
    const dropped = await python(
      `import json, safetensors, safetensors.numpy, sys
names = []
for path in sys.argv[1:]:
    tensors = safetensors.numpy.load_file(path)
    names += [k for k in tensors if "flow_processor.latent_" in k]
    safetensors.numpy.save_file({k: v for k, v in tensors.items() if "flow_processor.latent_" not in k}, path)
print(json.dumps(sorted(names)))`,
      ...["flxflow_final", "text_encoder"].map((name) =>
        project.path("out", `${name}.safetensors`)
      ),
    );
    assert.deepEqual(dropped, [
      "diffuser.flow_processor.latent_mean",
      "diffuser.flow_processor.latent_std",
    ]);
    const text = await Deno.readTextFile(project.path(PIPELINE));
    const again = FLOW.replace("name: flow", "name: again").replace(
      "lr: 0.001",
      "lr: 1e-60",
    );
    await project.write(
      PIPELINE,
      `model_checkpoint: out\n${
        text.slice(0, text.indexOf("      - {"))
      }      - ${again}\n`,
    );
    const trained = await project.train("--quiet");
    assert.deepEqual([trained.code, trained.err], [0, ""]);
    assert.deepEqual(
      await weightsOf(project.stepFolder("again")),
      await weightsOf(project.stepFolder("flow")),
    );
  },
);

async function until(isThere: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!isThere()) {
    assert.ok(performance.now() < deadline, "the flow saved nothing");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
