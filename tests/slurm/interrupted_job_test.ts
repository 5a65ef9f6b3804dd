// Jobs that are preempted, cancelled by their time, killed for their memory, or whose node fails, on a real Slurm.
import assert from "node:assert/strict";
import {
  digestsOf,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";
import { testWith } from "../support/outside_program.ts";
import { SLURM, SlurmCluster } from "./slurm_cluster.ts";
import {
  cli,
  hurry,
  jobNames,
  jobState,
  restartsOf,
  setStep,
  submitArgs,
} from "./slurm_cli.ts";

/** Some hundred updates, each with its place in the log, saved after every second. */
const LONG = vaeStep(
  "vae",
  "batch_size: 2, resources: { cpus: 4, memory: 2G }",
).replace("n_epochs: 1", "n_epochs: 12");
const TRAIN = ["train", "small.yaml", "--executor", "slurm"];

/** Waits until the step has a checkpoint, and so has begun to train. */
async function untilSaved(
  cluster: SlurmCluster,
  project: SmallProject,
): Promise<void> {
  await cluster.until(
    () => {
      try {
        return Deno.statSync(`${project.stepFolder("vae")}/checkpoint.json`)
          .isFile;
      } catch {
        return false;
      }
    },
    "the first checkpoint",
    90_000,
  );
}

/** How often the step went on from what it had saved, by the run's own events. */
async function resumesOf(project: SmallProject): Promise<number> {
  const events = await Deno.readTextFile(
    `${project.root}/runs/small/events.jsonl`,
  );
  return events.split("\n").filter((line) => line.includes('"step_resumed"'))
    .length;
}

testWith(
  SLURM,
  "a preempted job saves, is requeued and goes on, twice, and ends with the bytes of an undisturbed run",
  async () => {
    await using cluster = await SlurmCluster.start({ nodes: 1 });
    await using project = await SmallProject.open(LONG);
    await using quiet = await SmallProject.open(LONG);
    const cwd = project.root;
    const submitted = await cli(cluster, TRAIN, { cwd });
    assert.equal(submitted.code, 0, submitted.err);
    const [job = ""] = await jobNames(cluster);
    await untilSaved(cluster, project);
    for (const turn of [1, 2]) {
      const urgent = ["--partition=urgent", "--cpus-per-task=4"];
      const other = await cluster.command(
        "sbatch",
        ...["--parsable", "--output=/dev/null", ...urgent, "--wrap=sleep 1"],
      );
      await cluster.until(
        async () => await restartsOf(cluster, job) >= turn,
        "the requeue",
        60_000,
      );
      await cluster.until(
        async () => await jobState(cluster, other) === "COMPLETED",
        "the urgent job",
        60_000,
      );
      await hurry(cluster, job);
      await cluster.until(
        async () =>
          ["RUNNING", "COMPLETED"].includes(await jobState(cluster, job)),
        "the second start",
        60_000,
      );
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
    const ended = await cli(cluster, [...TRAIN, "--wait", "3m"], { cwd });
    assert.equal(ended.code, 0, ended.err + ended.out);
    assert.ok(await resumesOf(project) >= 2, "a start after a save goes on");
    const local = ["train", "small.yaml", "--set", "executor.local.cpus=4"];
    const here = await cli(cluster, local, { cwd: quiet.root });
    assert.equal(here.code, 0, here.err);
    assert.deepEqual(
      await digestsOf(project.stepFolder("vae")),
      await digestsOf(quiet.stepFolder("vae")),
    );
  },
);

testWith(
  SLURM,
  "a job whose node fails starts again on another one",
  async () => {
    await using cluster = await SlurmCluster.start();
    await using project = await SmallProject.open(LONG);
    const cwd = project.root;
    await cli(cluster, TRAIN, { cwd });
    const [job = ""] = await jobNames(cluster);
    await untilSaved(cluster, project);
    const node = await nodeOf(cluster, job);
    await cluster.killNode(node);
    // Started before the controller knows, it would be sent to the dead node once more.
    await cluster.until(
      async () =>
        (await cluster.command("sinfo", "--noheader", "-n", node, "-o", "%T"))
          .includes("down*"),
      "the controller to miss the node",
      60_000,
    );
    await cluster.until(
      async () => await restartsOf(cluster, job) >= 1,
      "the requeue",
      60_000,
    );
    await hurry(cluster, job);
    const ended = await cli(cluster, [...TRAIN, "--wait", "3m"], { cwd });
    assert.equal(ended.code, 0, ended.err + ended.out);
    assert.notEqual(await nodeOf(cluster, job), node);
  },
);

testWith(
  SLURM,
  "a job that takes more than its memory fails with the way out, and its log is named",
  async () => {
    await using cluster = await SlurmCluster.start();
    const runs = await Deno.makeTempDir();
    const { code, err } = await cli(
      cluster,
      submitArgs(
        runs,
        ...setStep("left.resources.memory", "16M"),
        ...setStep("left.with", { ticks: 400 }),
        ...["--wait", "3m"],
      ),
    );
    assert.equal(code, 4, err);
    assert.match(
      err,
      /Step "left" was ended by Slurm: job \d+ took more than its memory limit/,
    );
    assert.match(err, /Raise the step's `resources.memory`/);
    await Deno.remove(runs, { recursive: true });
  },
);

testWith(
  SLURM,
  "a script that is told to save before the end of its time fails with 124, for it cannot",
  async () => {
    await using cluster = await SlurmCluster.start();
    const runs = await Deno.makeTempDir();
    const { code, err } = await cli(
      cluster,
      submitArgs(
        runs,
        ...setStep("left.resources.time", "1m"),
        ...setStep("left.with", { ticks: 4000 }),
        // Slurm signals this long before the minute is over.
        ...["--set", "executor.slurm.save_before=45s", "--wait", "4m"],
      ),
    );
    assert.equal(code, 124, err);
    assert.match(
      err,
      /Step "left" did not get done in its `resources.time`: after \d+ s it was told to save, and a script cannot save and go on/,
    );
    await Deno.remove(runs, { recursive: true });
  },
);

async function nodeOf(cluster: SlurmCluster, job: string): Promise<string> {
  const out = await cluster.command(
    "scontrol",
    "--oneliner",
    "show",
    "job",
    job,
  );
  return / NodeList=(\S+)/.exec(out)?.[1] ?? "";
}
