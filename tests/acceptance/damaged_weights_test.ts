// A weights file that is damaged after its run has finished: found, kept aside and made again.
import assert from "node:assert/strict";
import { join } from "node:path";
import { digestsOf, SmallProject, vaeStep } from "./small_project.ts";

const STEPS = [vaeStep("vae"), vaeStep("after", "train_spade: true")];
const CHANGED = ["--set", "training.pipeline.steps.after.kl_beta=0.5"];

for (const kind of ["cut", "turned"] as const) {
  Deno.test(`a weights file that was ${kind} is found before its next use, set aside and redone`, async () => {
    await using project = await SmallProject.open(...STEPS);
    assert.equal((await project.train()).code, 0);
    const folder = project.stepFolder("vae");
    const wanted = await digestsOf(folder);
    await damage(await currentWeights(folder), kind);
    // Another option of the second step: the weights of the first are about to be used.
    const { code, out, err } = await project.train(...CHANGED);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(
      out,
      /vae: moved what was there to runs\/store\/vae-KEY\.aside-\S+: (marker damaged: )?"checkpoints\/00000006\/weights\.safetensors" has /,
    );
    assert.doesNotMatch(out, /\n {4}at /);
    assert.deepEqual(await digestsOf(folder), wanted);
    const aside = [...Deno.readDirSync(project.path("runs", "store"))].filter(
      (entry) => entry.name.includes(".aside-"),
    );
    assert.equal(aside.length, 1);
    assert.match((await project.train(...CHANGED)).out, /^Nothing left to do/);
  });
}

async function currentWeights(folder: string): Promise<string> {
  const { current } = JSON.parse(
    await Deno.readTextFile(join(folder, "checkpoint.json")),
  );
  return join(folder, current.folder, "weights.safetensors");
}

/** Shortens a file, or turns one bit of it behind the back of its size and time. */
async function damage(path: string, kind: "cut" | "turned"): Promise<void> {
  const { mtime } = await Deno.stat(path);
  const bytes = await Deno.readFile(path);
  const at = bytes.length - 9;
  bytes[at] = bytes[at]! ^ 1;
  await Deno.writeFile(path, kind === "cut" ? bytes.subarray(0, at) : bytes);
  await Deno.utime(path, mtime!, mtime!);
}
