// Stops, kills and damage: a train step goes on to the same bytes, or says what it could not use.
import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

/** 7 pictures by 2: four batches an epoch, the last of one picture. */
const BATCHES = 4;
const EPOCHS = 2;

Deno.test("trainBody() stopped after any batch and started again ends with the same bytes", async () => {
  using project = new TinyProject();
  const step = vaeStep({ eval_dataset: "held_out" });
  const whole = project.folder("whole");
  await train(requestOf(project, step, { folder: whole }));
  const expected = stateOf(whole);
  for (let at = 1; at <= BATCHES * EPOCHS; at++) {
    const folder = project.folder(`stopped-${at}`);
    const request = requestOf(project, step, { folder });
    const first = await train(request, (done, stop) => done === at && stop());
    assert.equal(first.outcome, "stopped", `batch ${at}`);
    const second = await train(request);
    assert.equal(second.outcome, "done");
    assert.deepEqual(stateOf(folder), expected, `batch ${at}`);
  }
});

Deno.test("trainBody() stopped after every single batch ends with the same bytes", async () => {
  using project = new TinyProject();
  const step = vaeStep();
  const whole = project.folder("whole");
  await train(requestOf(project, step, { folder: whole }));
  const folder = project.folder("stuttering");
  const request = requestOf(project, step, { folder });
  let starts = 0;
  for (;;) {
    starts++;
    const result = await train(request, (_, stop) => stop());
    if (result.outcome === "done") break;
  }
  assert.ok(starts > BATCHES * EPOCHS);
  assert.deepEqual(stateOf(folder), stateOf(whole));
});

Deno.test("trainBody() killed after any batch goes on from the last checkpoint to the same bytes", async () => {
  using project = new TinyProject();
  const step = vaeStep();
  const whole = project.folder("whole");
  await train(requestOf(project, step, { folder: whole }));
  const expected = stateOf(whole);
  for (let at = 1; at <= BATCHES * EPOCHS; at++) {
    const folder = project.folder(`killed-${at}`);
    const request = requestOf(project, step, { folder });
    const kill = (done: number) => {
      if (done === at) throw new Error("killed");
    };
    await assert.rejects(train(request, kill), /killed/);
    assert.equal((await train(request)).outcome, "done");
    assert.deepEqual(stateOf(folder), expected, `batch ${at}`);
  }
});

Deno.test("trainBody() of a finished step trains nothing and changes nothing", async () => {
  using project = new TinyProject();
  const folder = project.folder("vae");
  const request = requestOf(project, vaeStep(), { folder });
  await train(request);
  const before = stateOf(folder);
  const again = await train(request, () => assert.fail("trained a batch"));
  assert.equal(again.outcome, "done");
  assert.deepEqual(stateOf(folder), before);
});

Deno.test("trainBody() falls back to the previous generation when the current one is damaged, and says so", async () => {
  using project = new TinyProject();
  const step = vaeStep();
  const whole = project.folder("whole");
  await train(requestOf(project, step, { folder: whole }));
  const folder = project.folder("damaged");
  const request = requestOf(project, step, { folder });
  await train(request, (done, stop) => done === 7 && stop());
  const current = join(folder, "checkpoints", "00000007");
  for (const name of ["weights.safetensors", "state.json"]) {
    const path = join(current, name);
    const bytes = Deno.readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    Deno.writeFileSync(path, bytes);
  }
  const result = await train(request);
  assert.equal(result.outcome, "done");
  assert.match(
    result.warnings.join("\n"),
    /weights\.safetensors": its content differs[\s\S]*damaged checkpoint kept aside[\s\S]*falls back to checkpoint "checkpoints\/00000006"/,
  );
  assert.deepEqual(stateOf(folder), stateOf(whole));
});

Deno.test("trainBody() finds its generations when checkpoint.json itself is damaged", async () => {
  using project = new TinyProject();
  const step = vaeStep();
  const folder = project.folder("vae");
  const request = requestOf(project, step, { folder });
  await train(request, (done, stop) => done === 5 && stop());
  Deno.writeTextFileSync(join(folder, "checkpoint.json"), "{");
  const result = await train(request);
  assert.ok(
    result.logs.some((line) => line === "continues at epoch 2, batch 2 of 4"),
  );
  assert.match(result.warnings.join("\n"), /it is no JSON object/);
});

Deno.test("trainBody() starts over when nothing verifies", async () => {
  using project = new TinyProject();
  const step = vaeStep();
  const folder = project.folder("vae");
  const request = requestOf(project, step, { folder });
  await train(request, (done, stop) => done === 1 && stop());
  Deno.removeSync(join(folder, "checkpoints", "00000001", "state.json"));
  const result = await train(request);
  assert.equal(result.outcome, "done");
  assert.match(result.warnings.join("\n"), /the step starts over/);
});

Deno.test("trainBody() keeps as many generations as keep_last says", async () => {
  using project = new TinyProject();
  const folder = project.folder("vae");
  const checkpoint = {
    interval_batches: 1,
    interval_minutes: null,
    max_lost_minutes: null,
    keep_last: 3,
    keep_best: null,
  };
  await train(requestOf(project, vaeStep({ checkpoint }), { folder }));
  const names = [...Deno.readDirSync(join(folder, "checkpoints"))].map((e) =>
    e.name
  );
  assert.deepEqual(names.sort(), ["00000006", "00000007", "00000008"]);
});
