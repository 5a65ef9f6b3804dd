// A partition that closes while jobs wait in it: told with the way out, followed all the same, and nothing is lost.
import assert from "node:assert/strict";
import { statusCommand } from "../../lib/cli/status_command.ts";
import { EXIT_CODE } from "../../lib/error/exit_code.ts";
import { LockedError, RefusedError } from "../../lib/error/failure.ts";
import { testsOnCluster } from "./shared_cluster.ts";
import {
  jobField,
  jobNames,
  jobState,
  SIDE_BY_SIDE,
  stepValue,
  submitHere,
} from "./slurm_cli.ts";

const testOnCluster = testsOnCluster({ nodes: 1 });

const RUN = "side_by_side";
/** A submission of other steps. */
const OTHER = stepValue("left.with", { ticks: 1 });
const WAIT_MS = 60_000;

testOnCluster(
  "status and train --wait tell that a partition closed after the submission, and the jobs run when it opens",
  async (cluster) => {
    const runs = await Deno.makeTempDir();
    const setPartition = (state: string) =>
      cluster.command(
        ...["scontrol", "update", "PartitionName=main"] as const,
        `State=${state}`,
      );
    const status = async () => {
      const said: string[] = [];
      const out = (text: string) => void said.push(text);
      await statusCommand([SIDE_BY_SIDE], { runs, json: false }, {
        ...{ out, err: out, color: false },
      });
      return said.join("\n");
    };
    // Fills the only node, so that the jobs wait.
    const filler = await cluster.command(
      ...["sbatch", "--parsable", "--output=/dev/null"] as const,
      ...["--partition=urgent", "--cpus-per-task=4", "--wrap=sleep 300"],
    );
    await cluster.until(
      async () => await jobState(cluster, filler) === "RUNNING",
      "the job that fills the node",
    );
    assert.equal((await submitHere(runs, [])).outcome, "submitted");
    const jobs = await jobNames(cluster, RUN);
    const first = jobs.find((job) => !job.includes("_")) ?? "";

    await setPartition("DOWN");
    // The controller looks at what waits when it schedules.
    await cluster.until(
      async () => await jobField(cluster, first, "Reason") === "PartitionDown",
      `the controller to tell why ${first} waits`,
      WAIT_MS,
    );
    const told = new RegExp(
      `job ${first} pending: partition "main" is down; it starts when that is up; .fluxline cancel., then .train. with another .executor.slurm.partition., moves it`,
    );
    assert.match(await status(), told);
    // What is in the queue is followed.
    await assert.rejects(submitHere(runs, [], 3000), (error) => {
      assert.ok(error instanceof LockedError);
      assert.equal(error.exitCode, EXIT_CODE.locked);
      assert.match(
        error.message,
        /^The jobs of run "side_by_side" are not done after 3.0 s; step "numbers": job/,
      );
      assert.match(error.message, told);
      assert.match(error.hint ?? "", /They go on; give --wait again/);
      return true;
    });
    // What is not yet is refused.
    for (
      const [state, word] of [
        ["DOWN", "down"],
        ["INACTIVE", "inactive"],
        ["DRAIN", "draining"],
      ]
    ) {
      await setPartition(state as string);
      await assert.rejects(submitHere(runs, [OTHER]), (error) => {
        assert.ok(error instanceof RefusedError);
        assert.match(error.message, new RegExp(`"main": it is ${word}$`));
        assert.match(error.hint ?? "", /run the same command again when/);
        return true;
      });
    }
    assert.deepEqual(await jobNames(cluster, RUN), jobs);

    // A partition that drains takes nothing new, and runs what it has.
    await cluster.command("scancel", filler);
    const done = await submitHere(runs, [], WAIT_MS);
    assert.equal(done.outcome, "done");
    assert.deepEqual(await jobNames(cluster, RUN), jobs);
    for (const job of jobs) {
      assert.equal(await jobState(cluster, job), "COMPLETED", job);
    }
    await Deno.remove(runs, { recursive: true });
  },
);
