// Damaged or missing data, and training that leaves the numbers: exit code, place, remedy, and nothing lost.
import assert from "node:assert/strict";
import { actionsOf, SmallProject, vaeStep } from "./small_project.ts";

const STACK = /\n {4}at /;
/** A step that succeeds on held-out pictures, so that there is something to lose. */
const SOUND = vaeStep("sound", "dataset: heldout");
const SPOILED = vaeStep("spoiled", "init_from: {}");

Deno.test("a corrupt picture fails its step under the picture's name; mended data go on", async () => {
  await using project = await SmallProject.open(SOUND, SPOILED);
  const picture = project.path("train", "lemon.png");
  const whole = await Deno.readFile(picture);
  await Deno.writeFile(picture, whole.subarray(0, whole.length - 40));
  const { code, out, err } = await project.train();
  assert.equal(code, 4);
  assert.match(
    err,
    /^error: Cannot read picture "PROJECT\/train\/lemon\.png": /,
  );
  assert.match(err, /\nhint: /);
  assert.doesNotMatch(err + out, STACK);
  await Deno.writeFile(picture, whole);
  assert.deepEqual(
    actionsOf(await project.plan()).map((line) => line.split(" ", 2).join(" ")),
    ["sound: reuse,", "spoiled: run,"],
  );
  assert.equal((await project.train()).code, 0);
});

Deno.test("a caption without a picture is refused with file and line", async () => {
  await using project = await SmallProject.open(SOUND, SPOILED);
  const captions = await Deno.readTextFile(project.path("train.tsv"));
  await project.write("train.tsv", `${captions}gone.png\ta picture gone\n`);
  const { code, err } = await project.train();
  assert.match(
    err,
    /^error: .*PROJECT\/train\.tsv:24 names picture "gone\.png", which is not in "PROJECT\/train"\nhint: Add the picture, or remove the line\n/,
  );
  assert.doesNotMatch(err, STACK);
  assert.equal(code, 3);
  await project.write("train.tsv", captions);
  assert.equal((await project.train()).code, 0);
});

Deno.test("a data folder that is not there is refused before anything starts", async () => {
  await using project = await SmallProject.open(SOUND, SPOILED);
  await Deno.rename(project.path("train"), project.path("moved"));
  const { code, out, err } = await project.train();
  assert.deepEqual([code, out], [3, ""]);
  assert.match(err, /^error: Cannot find .*"train"/);
  assert.match(err, /\n {2}small\.yaml:\d+:\d+\n/);
  assert.match(err, /\nhint: /);
  assert.doesNotMatch(err, STACK);
  await assert.rejects(Deno.stat(project.path("runs", "store")));
});

Deno.test("a loss that is no number fails its step after three skipped updates; a sane rate finishes", async () => {
  await using project = await SmallProject.open(SOUND, SPOILED);
  const rate = "training.pipeline.steps.spoiled.optimization.optimizers.vae.lr";
  const { code, out, err } = await project.train("--set", `${rate}=1e30`);
  assert.equal(code, 4);
  assert.match(
    err,
    /^error: Cannot go on training: "\w+" is (NaN|-?Infinity) at batch \d+, and 3 in a row had to be skipped\nhint: Lower the learning rate /,
  );
  assert.match(
    err,
    / {2}log: runs\/store\/spoiled-KEY\/attempts\/1\/log\.txt\n$/,
  );
  assert.doesNotMatch(err + out, STACK);
  assert.equal((await project.train()).code, 0);
});
