// A pipeline of one train step, as a pipeline and as a legacy file, through the real command line.
import assert from "node:assert/strict";
import { digestsOf, SmallProject, story, vaeStep } from "./small_project.ts";

const FIRST =
  `Engine: wasm: auto takes the first that works (tensorflow: TensorFlow's library is not installed; webgpu: it is taken by its name alone)
Run "small" of small.yaml: 1 of 1 step to do
Fetching the code of the steps
[1/1] vae: started
[1/1] vae | checkpoint "checkpoints/00000002" (epoch 1, batch 2)
[1/1] vae | checkpoint "checkpoints/00000004" (epoch 1, batch 4)
[1/1] vae | end of epoch: completed 1 epoch
[1/1] vae | checkpoint "checkpoints/00000006" (end of the step)
[1/1] vae: done in TIME
Run "small" is finished after TIME

step  action  epochs  metrics  time  folder
vae  run  1  val_recon_l1 NUMBER, recon_l1 NUMBER  TIME  runs/store/vae-KEY

trained  loss  updates  images  waiting for data  left out  frozen  files
vae  LOSSES  6  23  WAIT  -  -  FILES

vae: completed 1 epoch

Pictures:
  runs/store/vae-KEY/samples/00000006-reconstructions.png (and 2 before it)

Report: runs/small/report.html
`;

const AGAIN = `Nothing left to do: the one step of run "small" is finished

step  action  epochs  metrics  time  folder
vae  reuse  1  val_recon_l1 NUMBER, recon_l1 NUMBER  TIME  runs/store/vae-KEY

vae: completed 1 epoch

Pictures:
  runs/store/vae-KEY/samples/00000006-reconstructions.png (and 2 before it)

Report: runs/small/report.html
`;

Deno.test("train runs one step to its end, then has nothing left to do", async () => {
  await using project = await SmallProject.open(
    vaeStep("vae", "eval_dataset: heldout"),
  );
  const first = await project.train();
  assert.deepEqual([first.code, first.err], [0, ""]);
  assert.equal(story(first.out), FIRST);
  const before = await digestsOf(project.stepFolder("vae"));
  const again = await project.train();
  assert.deepEqual([again.code, again.err], [0, ""]);
  assert.equal(story(again.out), AGAIN);
  assert.deepEqual(await digestsOf(project.stepFolder("vae")), before);
});

Deno.test("train of a legacy file makes the very weights of the pipeline that says the same", async () => {
  const keys = "train_vae: true, train_spade: true, n_epochs: 1";
  const more = "batch_size: 4, kl_warmup_steps: 4, ema_decay: 0.9, lr: 0.002";
  // What a legacy file leaves open is FluxFlow's set for the network.
  const optimizer =
    "{ type: AdamW, lr: 0.002, betas: [0.9, 0.95], weight_decay: 0.01 }";
  const scheduler = "{ type: CosineAnnealingLR, eta_min_factor: 0.1 }";
  await using project = await SmallProject.open(
    `{ name: vae, ${keys}, ${more}, optimization: { optimizers: { vae: ${optimizer} }, schedulers: { vae: ${scheduler} } } }`,
  );
  await project.writeLegacy(`{ ${keys}, ${more} }`);
  assert.equal((await project.train()).code, 0);
  const legacy = ["train", "legacy.yaml", "--runs"];
  const apart = await project.run(...legacy, "apart");
  assert.deepEqual([apart.code, apart.err], [0, ""]);
  const one = await digestsOf(project.stepFolder("vae"));
  const two = await digestsOf(project.stepFolder("train", "apart"));
  // state.json names its step; everything else is the same.
  delete one["state.json"];
  delete two["state.json"];
  assert.deepEqual(one, two);
  // Being the same work, it is not done twice in one store.
  const shared = await project.run(...legacy, "runs");
  assert.equal(shared.code, 0);
  assert.match(shared.out, /^Nothing left to do: the one step of run "legacy"/);
});
