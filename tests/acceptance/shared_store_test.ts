// Two runs of one pipeline at the same time: under one name the second is refused, under two names they share the work.
import assert from "node:assert/strict";
import { runCli, trainArgs, until } from "../cli/cli_process.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { type JsonStep, SmallProject, vaeStep } from "./small_project.ts";

const STEPS = [vaeStep("vae"), vaeStep("after", "train_spade: true")];
const TRAIN = ["train", "small.yaml", "--json"];

Deno.test("two runs at once on one store do each step once and end with the same work", async () => {
  await using project = await SmallProject.open(...STEPS);
  const names = ["one", "two"];
  const runs = await Promise.all(names.map((name) => {
    const child = project.start(...TRAIN, "--set", `name=${name}`);
    return project.finish(child);
  }));
  assert.deepEqual(runs.map((run) => run.code), [0, 0], runs[1]!.err);
  const states = runs.map((run) =>
    (JSON.parse(run.out).steps as JsonStep[]).map((step) => step.state)
  );
  for (const at of [0, 1]) {
    const both = states.map((each) => each[at]).sort();
    assert.deepEqual(both, ["done", "reused"]);
  }
  for (const name of ["vae", "after"]) {
    const attempts = `${project.stepFolder(name)}/attempts`;
    const made = [...Deno.readDirSync(attempts)].map((entry) => entry.name);
    assert.deepEqual(made, ["1"]);
  }
  for (const name of names) {
    const again = await project.train("--set", `name=${name}`);
    assert.match(again.out, /^Nothing left to do/);
  }
});

Deno.test("two runs at once on one store leave the output of scripts whole", async () => {
  await withTemporaryFolder(async (runs) => {
    const ended = await Promise.all(["one", "two"].map((name) => {
      const args = trainArgs(runs, { ticks: 4 }, "--set", `name=${name}`);
      return runCli([...args, "--json"]);
    }));
    assert.deepEqual(ended.map((run) => run.code), [0, 0], ended[1]!.err);
    const [one, two] = ended.map((run) =>
      JSON.parse(run.out).steps as JsonStep[]
    );
    for (const [at, step] of one!.entries()) {
      const both = [step.state, two![at]!.state].sort();
      assert.deepEqual(both, ["done", "reused"], step.name);
    }
    const acted = `${one![2]!.folder}/output/acted.txt`;
    assert.equal(await Deno.readTextFile(acted), "done");
  });
});

Deno.test("a second runner of a training run is refused with 5, and the first one ends undisturbed", async () => {
  await using project = await SmallProject.open(...STEPS);
  const first = project.start(...TRAIN);
  const lock = project.path("runs", "small.lock");
  await until(() => isHeld(lock), "the first runner");
  const second = await project.train();
  assert.deepEqual(second, {
    code: 5,
    out: "",
    err: `error: Cannot start run "small": PROCESS is running it
hint: Wait for it with --wait, stop it, or give another --runs folder; the lock is "runs/small.lock"
`,
  });
  assert.equal((await project.finish(first)).code, 0);
});

function isHeld(lock: string): boolean {
  try {
    return Deno.readTextFileSync(lock) !== "";
  } catch {
    return false;
  }
}
