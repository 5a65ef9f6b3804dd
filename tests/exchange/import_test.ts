// `model_checkpoint` through the real command line: steps that start from weight files, and files that are refused.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  digestsOf,
  PIPELINE,
  SmallProject,
  story,
  vaeStep,
} from "../acceptance/small_project.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";
import { testWith } from "../support/outside_program.ts";
import { python, PYTHON_SAFETENSORS } from "./python.ts";
import { currentTensors } from "../support/current_tensors.ts";

/** A rate that is zero in 32 bits moves no weight: what a step ends with is what it began with. */
const still = (network: string) =>
  `optimization: { optimizers: { ${network}: { type: AdamW, lr: 1e-60 } } }`;
const FLOW =
  `{ name: flow, train_diff: true, n_epochs: 1, cfg_dropout_prob: 0.2, ${
    still("flow")
  } }`;
const MAIN = "flxflow_final.safetensors";

let exported: Promise<SmallProject> | undefined;
Deno.test.afterAll(async () => await (await exported)?.[Symbol.asyncDispose]());

/** Trained and exported once for all tests here. */
async function exportProject(): Promise<SmallProject> {
  const project = await SmallProject.open(vaeStep("vae"), FLOW);
  assert.equal((await project.train("--quiet")).code, 0);
  const { code, err } = await project.run(
    ...["export", PIPELINE, "flow", "--to", "out", "--weights", "raw"],
  );
  assert.equal(code, 0, err);
  return project;
}

/** A project that starts from what it exported itself, before its steps became `steps`. */
async function continued(...steps: readonly string[]): Promise<SmallProject> {
  exported ??= exportProject();
  const project = await (await exported).copy();
  await startFrom(project, "out", ...steps);
  return project;
}

async function startFrom(
  project: SmallProject,
  path: string,
  ...steps: readonly string[]
): Promise<void> {
  await project.writeSteps(...steps);
  const text = await Deno.readTextFile(project.path(PIPELINE));
  await project.write(PIPELINE, `model_checkpoint: ${path}\n${text}`);
}

async function changed(
  path: string,
  change: (tensors: Map<string, SafeTensor>) => void,
): Promise<void> {
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(path));
  change(tensors);
  await Deno.writeFile(path, encodeSafetensors(tensors, { ...metadata }));
}

Deno.test("a pipeline that starts from an export holds the same weights, and only what no step trained", async () => {
  await using project = await continued(
    FLOW.replace("name: flow", "name: again"),
    `{ name: draw, task: generate, from: again, prompts: [red heart], steps: 2 }`,
  );
  const plan = await project.run("plan", PIPELINE);
  assert.equal(plan.code, 0, plan.err);
  assert.match(
    plan.out,
    /out \(compressor, expander, flow_processor, text_encoder\)/,
  );
  const [again] = await project.plan();
  const read = (again!.permissions as { read: string[] }).read;
  for (const name of [MAIN, "text_encoder.safetensors", "tokenizer.json"]) {
    assert.ok(read.includes(`out/${name}`), read.join());
  }
  const { code, out, err } = await project.train();
  assert.equal(code, 0, err);
  assert.ok(
    story(out).includes(
      `again | weights of compressor, expander, flow_processor from "PROJECT/out/${MAIN}"`,
    ),
    out,
  );
  const [first, second] = await Promise.all(
    ["flow", "again"].map((name) => digestsOf(project.stepFolder(name))),
  );
  assert.equal(second!["weights.safetensors"], first!["weights.safetensors"]);
  const tokenizers = await Promise.all(
    ["flow", "again"].map((name) =>
      Deno.readTextFile(join(project.stepFolder(name), "tokenizer.json"))
    ),
  );
  assert.equal(tokenizers[1], tokenizers[0]);
});

Deno.test("a changed weight file gives its readers new keys; a step that starts anew keeps its own", async () => {
  await using project = await continued(
    vaeStep("from_file"),
    vaeStep("anew", "needs: [], init_from: {}"),
  );
  const before = await project.plan();
  await changed(project.path("out", MAIN), (tensors) => {
    tensors.get("diffuser.expander.rgb_activation.p0")!.data[0] = 0.5;
  });
  const after = await project.plan();
  const keyOf = (steps: typeof before, name: string) =>
    steps.find((step) => step.name === name)!.key;
  assert.notEqual(keyOf(after, "from_file"), keyOf(before, "from_file"));
  assert.equal(keyOf(after, "anew"), keyOf(before, "anew"));
});

Deno.test("missing, unexpected and misshapen names are all told at once, before anything starts", async () => {
  await using project = await continued(vaeStep("again"));
  await changed(project.path("out", MAIN), (tensors) => {
    tensors.delete("diffuser.expander.rgb_activation.p0");
    tensors.set("diffuser.expander.extra", tensor([1]));
    tensors.set("image_encoder.weight", tensor([1]));
    tensors.set("diffuser.compressor.mu_activation.p1", tensor([3]));
  });
  for (const command of ["validate", "plan", "train"]) {
    const { code, out, err } = await project.run(command, PIPELINE);
    assert.equal(code, 3, out);
    assert.ok(
      err.includes(
        `flxflow_final.safetensors": 1 missing: diffuser.expander.rgb_activation.p0; 2 unexpected: diffuser.expander.extra, image_encoder.weight; 1 of another shape: diffuser.compressor.mu_activation.p1 [3], wanted [4]`,
      ),
      err,
    );
    assert.match(err, /small\.yaml:1:19/);
  }
  const lax = ["--set", "model_checkpoint_strict=false"];
  const shapes = await project.run("plan", PIPELINE, ...lax);
  assert.equal(shapes.code, 3);
  assert.match(shapes.err, /"[^"]*": 1 of another shape: /);
  await changed(project.path("out", MAIN), (tensors) => {
    tensors.set("diffuser.compressor.mu_activation.p1", tensor([4]));
  });
  const { code, out, err } = await project.train("--quiet", ...lax);
  assert.equal(code, 0, out);
  assert.match(
    err,
    /warning: "[^"]*" does not fit the model: 1 missing: diffuser\.expander\.rgb_activation\.p0; 2 unexpected: /,
  );
});

Deno.test("files of the other variant, other options, and no files at all are refused with the way out", async () => {
  await using project = await continued(vaeStep("again"));
  const refusal = async (...args: string[]) => {
    const { code, err } = await project.run("plan", PIPELINE, ...args);
    assert.equal(code, 3);
    return err;
  };
  assert.match(
    await refusal("--set", "model.vae_heads=4"),
    /1 other options: "model\.vae_heads" is 2 there and 4 here/,
  );
  assert.match(
    await refusal("--set", "model_checkpoint=nowhere"),
    /Cannot find the weights "nowhere": there is no such file or folder/,
  );
  assert.match(
    await refusal("--set", "model_checkpoint=train"),
    /has neither flxflow_final\.safetensors nor text_encoder\.safetensors/,
  );
  const path = project.path("out", MAIN);
  const { tensors } = decodeSafetensors(await Deno.readFile(path));
  await Deno.writeFile(path, encodeSafetensors(tensors));
  const err = await refusal();
  assert.match(
    err,
    /files without fluxline's metadata are of variant "fluxflow", and the model is of variant "fluxline"/,
  );
  assert.match(
    err,
    /Write `model\.variant: fluxflow`, or leave model_checkpoint out/,
  );
});

Deno.test("a text encoder without the tokenizer of its words is refused", async () => {
  await using project = await continued(
    FLOW.replace("name: flow", "name: again"),
  );
  await Deno.remove(project.path("out/tokenizer.json"));
  const { code, err } = await project.run("plan", PIPELINE);
  assert.equal(code, 3);
  assert.match(err, /there is no tokenizer\.json beside it/);
  await startFrom(project, `out/${MAIN}`, FLOW);
  const alone = await project.run("plan", PIPELINE);
  assert.equal(alone.code, 0, alone.err);
  assert.match(alone.out, /fresh text_encoder/);
});

testWith(
  PYTHON_SAFETENSORS,
  "a file that Python's safetensors wrote is where a step starts",
  async () => {
    await using project = await continued(vaeStep("again", still("vae")));
    await python(
      `import json, safetensors, safetensors.numpy, sys
path = sys.argv[1]
with safetensors.safe_open(path, "np") as f:
    metadata = f.metadata()
    tensors = {k: f.get_tensor(k) for k in f.keys()}
tensors = {k: v + 1 if k == "diffuser.expander.rgb_activation.p0" else v for k, v in tensors.items()}
safetensors.numpy.save_file(tensors, path, metadata)
print(json.dumps(len(tensors)))`,
      project.path("out", MAIN),
    );
    const { code, err } = await project.train("--quiet");
    assert.equal(code, 0, err);
    const tensors = await currentTensors(project.stepFolder("again"));
    const found = tensors.get("expander.rgb_activation.p0")!.data;
    assert.ok([...found].every((value) => value > -0.5), [...found].join());
  },
);

function tensor(shape: number[]): SafeTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return { dtype: "F32", shape, data: new Float32Array(size) };
}
