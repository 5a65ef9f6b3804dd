// A flow step on a frozen VAE, and pictures drawn with it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import {
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { generateBody } from "../../lib/steps/generate.ts";
import type { GenerateStep } from "../../lib/catalog/pipeline.ts";
import { tf } from "../../lib/tensor/tf.ts";
import {
  contextOf,
  flowStep,
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

async function trainedVae(project: TinyProject): Promise<string> {
  const folder = project.folder("vae");
  const step = vaeStep({ n_epochs: 1 });
  await train(requestOf(project, step, { folder }));
  return folder;
}

Deno.test("trainBody() trains a flow on the frozen VAE, stopped after any batch or not, with the same bytes", async () => {
  using project = new TinyProject();
  const inputs = { vae: await trainedVae(project) };
  const step = flowStep({ eval_dataset: "held_out" });
  const whole = project.folder("whole");
  const result = await train(
    requestOf(project, step, { folder: whole, inputs }),
  );
  assert.equal(result.outcome, "done");
  assert.ok(result.metrics.flow_loss! > 0);
  assert.ok(result.metrics.val_flow_loss! > 0);
  const expected = stateOf(whole);
  for (const at of [1, 4, 6]) {
    const folder = project.folder(`stopped-${at}`);
    const request = requestOf(project, step, { folder, inputs });
    await train(request, (done, stop) => done === at && stop());
    await train(request);
    assert.deepEqual(stateOf(folder), expected, `batch ${at}`);
  }
});

Deno.test("trainBody() of a flow leaves VAE and text encoder alone and measures the latents", async () => {
  using project = new TinyProject();
  const vae = await trainedVae(project);
  const folder = project.folder("flow");
  await train(requestOf(project, flowStep(), { folder, inputs: { vae } }));
  const before = await readTensors(await readCurrent(vae), "weights");
  const verified = await readCurrent(folder);
  const after = await readTensors(verified, "weights");
  for (const [name, { data }] of before) {
    assert.deepEqual(after.get(name)!.data, data, name);
  }
  const std = after.get("flow_processor.latent_std")!.data;
  assert.ok(std.every((value) => value > 0 && value !== 1));
  const optimizer = await readTensors(verified, "optimizer");
  for (const name of optimizer.keys()) {
    assert.match(name, /^flow\/\w+\/flow_processor\./);
    assert.ok(!name.includes("latent_"));
  }
});

Deno.test("trainBody() trains the text encoder where the step has an optimizer for it", async () => {
  using project = new TinyProject();
  const inputs = { vae: await trainedVae(project) };
  const step = flowStep({
    n_epochs: 1,
    trains: ["flow_processor", "text_encoder"],
    frozen: ["compressor", "expander"],
    optimization: {
      optimizers: {
        flow: { type: "AdamW", lr: 1e-3 },
        text_encoder: { type: "SGD", lr: 1e-1 },
      },
      schedulers: {},
    } as never,
  });
  const folder = project.folder("flow");
  const request = requestOf(project, step, { folder, inputs });
  await train(request, (_, stop) => stop());
  const first = await readTensors(await readCurrent(folder), "weights");
  await train(request);
  const last = await readTensors(await readCurrent(folder), "weights");
  const changed = [...first.keys()].filter((name) =>
    last.get(name)!.data.some((value, i) => value !== first.get(name)!.data[i])
  );
  const components = new Set(changed.map((name) => name.split(".")[0]));
  assert.deepEqual([...components].sort(), ["flow_processor", "text_encoder"]);
});

Deno.test("trainBody() of a flow leaks no tensor", async () => {
  using project = new TinyProject();
  const inputs = { vae: await trainedVae(project) };
  const request = (name: string) =>
    requestOf(project, flowStep(), { folder: project.folder(name), inputs });
  await train(request("warm"));
  const before = tf.memory().numTensors;
  const counts: number[] = [];
  await train(request("counted"), () => counts.push(tf.memory().numTensors));
  assert.equal(tf.memory().numTensors, before);
  assert.equal(new Set(counts).size, 1, counts.join());
});

Deno.test("trainBody() draws samples at checkpoints and at the end, the same ones when stopped", async () => {
  using project = new TinyProject();
  const inputs = { vae: await trainedVae(project) };
  const drawn = async (name: string, at: number | null) => {
    const folder = project.folder(name);
    const request = requestOf(project, flowStep({ n_epochs: 1 }), {
      folder,
      inputs,
    });
    const output = { ...request.output, samples_per_checkpoint: 1 };
    const sampled = { ...request, output };
    if (at !== null) {
      await train(sampled, (done, stop) => done === at && stop());
    }
    await train(sampled);
    const samples = join(folder, "samples");
    const names = [...Deno.readDirSync(samples)].map((entry) => entry.name)
      .sort();
    return names.map((file) => [file, Deno.readFileSync(join(samples, file))]);
  };
  const whole = await drawn("whole", null);
  assert.deepEqual(whole.map(([name]) => name), [
    "00000002-captions-8x8.png",
    "00000004-captions-8x8.png",
  ]);
  for (const at of [1, 2, 3, 4]) {
    assert.deepEqual(await drawn(`stopped-${at}`, at), whole, `batch ${at}`);
  }
});

Deno.test("trainBody() draws samples_per_checkpoint pictures of each caption, in every size of sample_sizes", async () => {
  using project = new TinyProject();
  const inputs = { vae: await trainedVae(project) };
  const folder = project.folder("several");
  const request = requestOf(project, flowStep({ n_epochs: 1 }), {
    folder,
    inputs,
  });
  const output = {
    ...request.output,
    samples_per_checkpoint: 3,
    sample_captions: ["a red square", "a green square"],
    sample_sizes: [8, "16x8", [8, 16]] as [number, string, [number, number]],
  };
  await train({ ...request, output });
  const drawn = Object.fromEntries(
    ["8x8", "16x8", "8x16"].map((size) => {
      const file = join(folder, "samples", `00000004-captions-${size}.png`);
      const { width, height } = decode(Deno.readFileSync(file));
      return [size, [width, height]];
    }),
  );
  // Rows of three, one per caption: three times as large, with gaps of 4.
  assert.deepEqual(drawn, {
    "8x8": [3 * 28 + 4, 2 * 28 + 4],
    "16x8": [3 * 52 + 4, 2 * 28 + 4],
    "8x16": [3 * 28 + 4, 2 * 52 + 4],
  });
});

Deno.test("generateBody() draws one PNG per picture and a grid, the same ones each time", async () => {
  using project = new TinyProject();
  const inputs = { vae: await trainedVae(project) };
  const flow = project.folder("flow");
  await train(requestOf(project, flowStep(), { folder: flow, inputs }));
  const step = {
    ...flowStep({ name: "generate", index: 2, needs: ["flow"] }),
    task: "generate",
    from: "flow",
    prompts: ["a red square", "a green square!"],
    size: null,
    steps: 3,
    guidance_scale: 2,
    negative_prompt: "",
    sampler: "dpm++",
    weights: "ema",
    per_prompt: 2,
    init_from: {},
    decode_spade: true,
  } as unknown as GenerateStep;
  const generate = async (name: string) => {
    const folder = project.folder(name);
    const request = requestOf(project, step, { folder, inputs: { flow } });
    const recorded = contextOf(request);
    const result = await generateBody(recorded.context);
    assert.equal(result.outcome, "done");
    assert.equal(result.summary, "4 pictures of 2 prompts");
    const output = join(folder, "output");
    assert.deepEqual(result.pictures, [join(output, "grid.png")]);
    const files = [...Deno.readDirSync(output)].map((entry) => entry.name)
      .sort();
    return files.map((file) =>
      [file, Deno.readFileSync(join(output, file))] as const
    );
  };
  const first = await generate("generate-1");
  assert.deepEqual(first.map(([file]) => file), [
    "001-a-red-square.png",
    "002-a-red-square.png",
    "003-a-green-square.png",
    "004-a-green-square.png",
    "grid.png",
    "prompts.json",
  ]);
  assert.notDeepEqual(first[0]![1], first[1]![1]);
  const before = tf.memory().numTensors;
  assert.deepEqual(await generate("generate-2"), first);
  assert.equal(tf.memory().numTensors, before);
});
