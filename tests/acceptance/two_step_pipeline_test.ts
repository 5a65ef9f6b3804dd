// The full pipeline of two steps on real pictures: a VAE, then a flow on its frozen latents, measured and drawn from.
import assert from "node:assert/strict";
import { join } from "node:path";
import { decode } from "fast-png";
import type { SafeTensor } from "../../lib/format/safetensors.ts";
import { SmallProject, story } from "./small_project.ts";
import { currentTensors } from "../support/current_tensors.ts";

const STEPS = [
  "{ name: vae, train_vae: true, train_spade: true, n_epochs: 8, eval_dataset: heldout }",
  "{ name: flow, train_diff: true, n_epochs: 4, freeze: [compressor, expander, text_encoder], optimization: { optimizers: { flow: { type: AdamW, lr: 0.002 } } } }",
  "{ name: measure, task: evaluate, of: vae, needs: [vae], dataset: heldout, metrics: [recon_l1, psnr, ssim] }",
  "{ name: draw, task: generate, from: flow, needs: [flow], prompts: [red heart, green apple], steps: 2 }",
];

const SUMMARY = `step  action  epochs  metrics  time  folder
vae  run  8  val_recon_l1 NUMBER, recon_l1 NUMBER  TIME  runs/store/vae-KEY
flow  run  4  flow_loss NUMBER  TIME  runs/store/flow-KEY
measure  run  -  recon_l1 NUMBER, psnr NUMBER  TIME  runs/store/measure-KEY
draw  run  -  -  TIME  runs/store/draw-KEY

trained  loss  updates  images  waiting for data  left out  frozen  files
vae  LOSSES  48  184  WAIT  -  -  FILES
flow  LOSSES  24  92  WAIT  -  compressor, expander, text_encoder  FILES

vae: completed 8 epochs
flow: completed 4 epochs
measure: "vae" on 4 pictures of "heldout"
draw: 2 pictures of 2 prompts

Pictures:
  runs/store/vae-KEY/samples/00000048-reconstructions.png
  runs/store/flow-KEY/samples/00000024-captions-16x16.png
  runs/store/measure-KEY/output/reconstructions.png
  runs/store/draw-KEY/output/grid.png

Report: runs/small/report.html
`;

Deno.test("a VAE and a flow on it train, learn, and are measured and drawn from", async () => {
  await using project = await SmallProject.open(...STEPS);
  const { code, out, err } = await project.train(
    "--set",
    "checkpoint.interval_batches=50",
  );
  assert.deepEqual([code, err], [0, ""]);
  const summary = story(out).split(/^(?=step {2}action)/m)[1];
  assert.equal(summary, SUMMARY);
  const losses = await trainRows(project.stepFolder("vae"), "recon_loss");
  const [start, end] = [losses.slice(0, 6), losses.slice(-6)].map(mean);
  assert.ok(end! < start! * 0.9, losses.join(" "));
  await assertFrozen(project);
  const path = join(project.stepFolder("draw"), "output", "grid.png");
  const grid = decode(await Deno.readFile(path));
  assert.ok(grid.width >= 16 && grid.height >= 16);
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A metric of the training rows, in order. */
async function trainRows(folder: string, metric: string): Promise<number[]> {
  const text = await Deno.readTextFile(join(folder, "metrics.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "train")
    .map(({ metrics }) => metrics[metric]);
}

/** The flow step holds the VAE of the step before it, bit for bit. */
async function assertFrozen(project: SmallProject): Promise<void> {
  const [vae, flow] = await Promise.all(
    ["vae", "flow"].map((name) => currentTensors(project.stepFolder(name))),
  );
  const shared = [...flow!.keys()].filter((name) => vae!.has(name));
  for (const name of shared) {
    assert.ok(equal(flow!.get(name)!, vae!.get(name)!), name);
  }
}

function equal(one: SafeTensor, two: SafeTensor): boolean {
  return one.data.length === two.data.length &&
    one.data.every((value, at) => Object.is(value, two.data[at]));
}
