// What Slurm refuses, or would accept and never run: told before anything is lost, with the way out.
import assert from "node:assert/strict";
import { EXIT_CODE, Failure } from "../../mod.ts";
import { testsOnCluster } from "./shared_cluster.ts";
import {
  cli,
  jobNames,
  stepValue,
  submitArgs,
  submitHere,
} from "./slurm_cli.ts";

/** Jobs that the controller keeps: fewer than the pipeline has steps. */
const MOST_JOBS = 3;

const testOnCluster = testsOnCluster({ nodes: 1, maxJobs: MOST_JOBS });

const SLURM_KEY = "executor.slurm";

/** Message and hint of the refusal, as the command line shows them. */
async function refusal(
  runs: string,
  set: readonly string[],
): Promise<string> {
  try {
    await submitHere(runs, set);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.equal(error.exitCode, EXIT_CODE.refused, error.message);
    return `${error.message}\nhint: ${error.hint}`;
  }
  throw new Error(`Submitted with ${set.join(" ")}`);
}

testOnCluster(
  "train --executor slurm refuses what the cluster cannot run, with the way out",
  async (cluster) => {
    const runs = await Deno.makeTempDir();
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        [`${SLURM_KEY}.partition=mains`],
        /Cannot use partition "mains": this cluster has none of that name, did you mean "main"\?/,
      ],
      [
        [`${SLURM_KEY}.partition=closed`],
        /Cannot use partition "closed": it is down\nhint: Name another `executor.slurm.partition`/,
      ],
      [
        [`${SLURM_KEY}.partition=guarded`],
        /partition "guarded": it is open to account physics, no account is named/,
      ],
      [
        [`${SLURM_KEY}.partition=guarded`, `${SLURM_KEY}.account=chemistry`],
        /it is open to account physics, "chemistry" is not/,
      ],
      [
        [
          stepValue("left.resources.cpus", 64),
          stepValue("right.resources.memory", "1T"),
        ],
        /partition "main": step "left" asks for 64 cpus, no node of it has more than 4; step "right" asks for 1.1 TB of memory, no node of it has more than 4.3 GB/,
      ],
      [
        [stepValue("numbers.resources.gpus", 1)],
        /Cannot submit step "numbers": sbatch: Invalid generic resource \(gres\) specification; 0 of 4 jobs are in the queue\nhint: No node has what the step's `resources` ask for/,
      ],
      [
        [`${SLURM_KEY}.options=["--no-such-option"]`],
        /Cannot submit step "numbers": sbatch: .*no-such-option/s,
      ],
    ];
    for (const [set, wanted] of cases) {
      assert.match(await refusal(runs, set), wanted);
    }
    // The command line says the same, and nothing was left in the queue.
    const refused = await cli(
      cluster,
      submitArgs(runs, "--set", `${SLURM_KEY}.partition=closed`),
    );
    assert.equal(refused.code, 3, refused.err);
    assert.match(refused.err, /"closed": it is down\nhint: Name another/);
    assert.deepEqual(await jobNames(cluster), []);
    const absent = await cli(cluster, submitArgs(runs), { path: "/nowhere" });
    assert.equal(absent.code, 3, absent.err);
    assert.match(
      absent.err,
      /Cannot use Slurm: there is no "sbatch" here\nhint: Run the command on a login node/,
    );
    await Deno.remove(runs, { recursive: true });
  },
);

testOnCluster(
  "a full queue keeps what it took, and the same command submits the rest",
  async (cluster) => {
    const runs = await Deno.makeTempDir();
    const full = await refusal(runs, []);
    assert.match(full, /[123] of 4 jobs are in the queue\nhint: .*full/s);
    const taken = await jobNames(cluster);
    assert.ok(taken.length >= 1 && taken.length < 4, taken.join(" "));
    const isTaken = async () => {
      if ((await jobNames(cluster)).length >= MOST_JOBS) return false;
      try {
        return (await submitHere(runs, [])).outcome === "submitted";
      } catch (error) {
        if (error instanceof Failure) return false;
        throw error;
      }
    };
    await cluster.until(isTaken, "room for the rest", 90_000);
    const ended = await submitHere(runs, [], 60_000);
    assert.equal(ended.outcome, "done");
    const again = await submitHere(runs, []);
    assert.equal(again.outcome, "nothing_to_do");
    await Deno.remove(runs, { recursive: true });
  },
);
