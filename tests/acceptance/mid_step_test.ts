// Runs that are stopped or killed in the middle of an epoch: the same command ends with the bytes of an undisturbed run.
import assert from "node:assert/strict";
import { join } from "node:path";
import { stepPid, until } from "../cli/cli_process.ts";
import {
  actionsOf,
  digestsOf,
  savedState,
  SmallProject,
  story,
  vaeStep,
} from "./small_project.ts";

/** Twelve batches an epoch, saved after every second. */
const LONG = vaeStep("vae", "n_epochs: 3, batch_size: 2").replace(
  "n_epochs: 1, ",
  "",
);
const TWO = [LONG, vaeStep("after", "train_spade: true")];

Deno.test("SIGTERM in mid-epoch saves the five fields of the metadata, and the same command goes on", async () => {
  await using project = await SmallProject.open(...TWO);
  const child = project.start("train", "small.yaml");
  await until(() => placeOf(project) !== null, "the first checkpoint");
  child.kill("SIGTERM");
  const stopped = await project.finish(child);
  assert.deepEqual([stopped.code, stopped.err], [143, ""]);
  const folder = project.stepFolder("vae");
  const state = await savedState(folder);
  const { current_step_index, current_step_name, global_step } = state;
  assert.deepEqual([current_step_index, current_step_name], [0, "vae"]);
  const { step_epoch, batch, total_pipeline_progress } = state;
  assert.equal(global_step, Number(step_epoch) * 12 + Number(batch));
  // One of two steps, and of it the share of its 36 updates.
  assert.equal(total_pipeline_progress, Number(global_step) / 36 / 2);
  const planned = await project.plan();
  const [vae, after] = planned;
  // The whole digest of the work, whose beginning is the step's key.
  assert.match(String(state.pipeline_config), /^[0-9a-f]{64}$/);
  assert.ok(String(state.pipeline_config).startsWith(vae!.key));
  const place = `epoch ${Number(step_epoch) + 1}, batch ${
    Number(batch) + 1
  } of 12`;
  assert.deepEqual(actionsOf(planned), [
    `vae: resume, continues at ${place}`,
    `after: wait, ${after!.reason}`,
  ]);
  const again = await project.train();
  assert.deepEqual([again.code, again.err], [0, ""]);
  assert.deepEqual(story(again.out).split("\n").slice(0, 4), [
    'Run "small" of small.yaml: 2 of 2 steps to do',
    "Fetching the code of the steps",
    "[1/2] vae: started, attempt 2",
    `[1/2] vae | continues at ${place}`,
  ]);
  const ended = await savedState(folder);
  assert.deepEqual([ended.step_epoch, ended.batch], [3, 0]);
  assert.equal(ended.total_pipeline_progress, 0.5);
});

Deno.test("kill -9 of runner and step in mid-epoch: the same command ends with the same bytes", async () => {
  await using calm = await SmallProject.open(...TWO);
  assert.equal((await calm.train()).code, 0);
  await using project = await SmallProject.open(...TWO);
  const child = project.start("train", "small.yaml");
  await until(() => isKilledInMidEpoch(project), "a checkpoint in mid-epoch");
  child.kill("SIGKILL");
  await child.output();
  const [vae] = await project.plan();
  assert.match(
    `${vae!.action}, ${vae!.reason}`,
    /^resume, continues at epoch \d, batch ([3579]|11|12) of 12$/,
  );
  const again = await project.train();
  assert.deepEqual([again.code, again.err], [0, ""]);
  assert.ok(again.out.includes(`[1/2] vae | ${vae!.reason}\n`));
  for (const name of ["vae", "after"]) {
    assert.deepEqual(
      await digestsOf(project.stepFolder(name)),
      await digestsOf(calm.stepFolder(name)),
      name,
    );
  }
});

interface Place {
  readonly step_epoch: number;
  readonly batch: number;
  readonly metrics: { readonly bytes: number };
}

/** Place of the newest checkpoint of the step "vae"; null before there is one. */
function placeOf(project: SmallProject): Place | null {
  try {
    const folder = project.stepFolder("vae");
    const { current } = JSON.parse(
      Deno.readTextFileSync(join(folder, "checkpoint.json")),
    );
    const path = join(folder, current.folder, "state.json");
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    return null;
  }
}

/** Halts the step, looks where it is, and kills it only there: in the second epoch, off its border. Else lets it go on. */
function isKilledInMidEpoch(project: SmallProject): boolean {
  const early = placeOf(project);
  const pid = stepPid(project.path("runs"), "vae");
  if (early === null || pid === null || early.step_epoch !== 1) return false;
  Deno.kill(pid, "SIGSTOP");
  const place = placeOf(project);
  const isThere = place !== null && place.step_epoch === 1 && place.batch > 0;
  Deno.kill(pid, isThere ? "SIGKILL" : "SIGCONT");
  return isThere;
}
