// A run that goes on while it saves on request: by the file `checkpoint-now`, and by SIGUSR1.
import assert from "node:assert/strict";
import { CrashProject, outcomeOf } from "../crash/crash_project.ts";
import { stepPid, until } from "./cli_process.ts";

const STEPS = [
  "{ name: vae, train_vae: true, n_epochs: 250, checkpoint: { interval_batches: 100000 } }",
];

Deno.test("checkpoint-now and SIGUSR1 make a step save and go on, and change no result", async () => {
  await using project = await CrashProject.open(STEPS);
  const child = project.start("asked");
  const runs = project.path("asked");
  let out = "";
  const reading = (async () => {
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream())
    ) out += text;
  })();
  const saves = () => out.match(/\| checkpoint "/g)?.length ?? 0;
  const isTraining = () => {
    const pid = stepPid(runs, "vae");
    return pid !== null && pid !== child.pid && /train epoch/.test(out);
  };
  await until(isTraining, "the step trains");
  await Deno.writeTextFile(
    project.path("asked", "crash", "checkpoint-now"),
    "",
  );
  await until(() => saves() === 1, "a checkpoint by the file");
  Deno.kill(child.pid, "SIGUSR1");
  await until(() => saves() === 2, "a checkpoint by the signal");
  await reading;
  await child.stderr.cancel();
  assert.equal((await child.status).code, 0);
  assert.equal(saves(), 3, out);
  // What saving cost, and what a kill would have cost at most.
  assert.match(
    out,
    /\| saving took .+ of .+ \(\d+\.\d %\): 3 checkpoints; at most .+ of work were unsaved\n/,
  );
  assert.equal((await project.train("calm")).code, 0);
  assert.deepEqual(
    await outcomeOf(runs),
    await outcomeOf(project.path("calm")),
  );
});
