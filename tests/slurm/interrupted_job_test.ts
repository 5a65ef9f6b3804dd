// Jobs that train and are interrupted: at the end of their time, by preemption, by a node that fails or is taken for dead. Each goes on, as
// often as it takes, and makes the bytes of an undisturbed run.
import assert from "node:assert/strict";
import { testsOnCluster } from "./shared_cluster.ts";
import type { SlurmCluster } from "./slurm_cluster.ts";
import { jobState } from "./slurm_cli.ts";
import {
  HAS_HOST_NAMES,
  TrainingJob,
  undisturbedDigests,
} from "./training_job.ts";

const testOnCluster = testsOnCluster({ nodes: 5 });

/** Slurm looks at time limits every half minute, so the jobs wait side by side. */
const SIDE_BY_SIDE = {
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
};

testOnCluster(
  "an interrupted job saves, is requeued and goes on, and ends with the bytes of an undisturbed run",
  async (cluster, context) => {
    const made: Record<string, string>[] = [];
    const turns = [
      ["at the end of its time, twice", untilTimeIsOver],
      ["preempted twice, then its node fails", preemptedAndStranded],
      ["its node is set down, then one that is only cut off", takenForDead],
    ] as const;
    const steps = turns.map(([name, act]) =>
      context.step({
        name,
        fn: async () => void made.push(await act(cluster)),
        ...SIDE_BY_SIDE,
      })
    );
    assert.deepEqual(await Promise.all(steps), [true, true, true]);
    const undisturbed = await undisturbedDigests();
    assert.deepEqual(made, turns.map(() => undisturbed));
  },
);

/** Each answers the digests of what its step made. */
async function untilTimeIsOver(
  cluster: SlurmCluster,
): Promise<Record<string, string>> {
  await using training = await TrainingJob.submit(cluster, {
    run: "limited",
    resources: "{ cpus: 2, memory: 1G, time: 1m }",
    set: [
      // Slurm may signal half a minute earlier: never in the first 20 s of the minute.
      "executor.slurm.save_before=10s",
      'executor.slurm.options=["--nodelist=n1"]',
    ],
  });
  for (let turn = 1; turn <= 2; turn++) {
    await training.goOnWhenAsked(await training.holdStill());
  }
  // A slow machine may need longer for the rest than one more minute.
  const more = [`JobId=${training.job}`, "TimeLimit=30"];
  await cluster.command("scontrol", "update", ...more);
  await training.finish();
  const resumes = await training.resumes();
  assert.ok(resumes >= 2, `each start goes on from its save: ${resumes}`);
  return await training.digests();
}

async function preemptedAndStranded(
  cluster: SlurmCluster,
): Promise<Record<string, string>> {
  await using training = await TrainingJob.submit(cluster, {
    run: "preempted",
    resources: "{ cpus: 2, memory: 1G }",
    set: ['executor.slurm.options=["--exclude=n1,n4,n5"]'],
  });
  for (let turn = 1; turn <= 2; turn++) {
    const pid = await training.holdStill();
    const urgent = await cluster.command(
      ...["sbatch", "--parsable", "--output=/dev/null"] as const,
      ...["--partition=urgent", `--nodelist=${await training.node()}`],
      ...["--cpus-per-task=4", "--wrap=true"],
    );
    await training.goOnWhenAsked(pid);
    await cluster.until(
      async () => await jobState(cluster, urgent) === "COMPLETED",
      "the urgent job",
      60_000,
    );
  }
  await training.holdStill();
  const node = await training.node();
  await cluster.killNode(node);
  await training.untilRestarted(3);
  await training.finish();
  assert.notEqual(await training.node(), node);
  assert.equal(await training.resumes(), 3, "each start goes on from its save");
  // The lease of the node that failed counts until it has been silent for long enough.
  if (HAS_HOST_NAMES) assert.match(await training.log(), waitsFor(node));
  return await training.digests();
}

async function takenForDead(
  cluster: SlurmCluster,
): Promise<Record<string, string>> {
  await using training = await TrainingJob.submit(cluster, {
    run: "downed",
    resources: "{ cpus: 2, memory: 1G }",
    set: ['executor.slurm.options=["--exclude=n1,n2,n3"]'],
  });
  await training.holdStill();
  const first = await training.node();
  await cluster.setNode(first, "DOWN");
  await training.untilRestarted(1);
  const second = await training.node();
  await cluster.setNode(first, "RESUME");

  // Nothing tells this node that it is taken for dead: its job goes on, and holds the step against the one that Slurm starts.
  const pid = await training.holdStill();
  await cluster.signalNode(second, "SIGSTOP");
  await cluster.setNode(second, "DOWN");
  await training.untilRestarted(2);
  assert.notEqual(await training.node(), second);
  await cluster.until(
    async () => waitsFor(second).test(await training.log()),
    "the job to wait for the node that was cut off",
    60_000,
  );
  Deno.kill(pid, "SIGCONT");
  await training.finish();
  await cluster.signalNode(second, "SIGCONT");
  await cluster.setNode(second, "RESUME");
  assert.equal(await training.finishes(), 1, "one of them got it done");
  return await training.digests();
}

/** The line of a job that finds the step held by another node. */
function waitsFor(node: string): RegExp {
  const host = HAS_HOST_NAMES ? node : Deno.hostname();
  return new RegExp(`waits for process \\d+ on host "${host}" since`);
}
