// What Slurm refuses, or would accept and never run: told before anything is lost, with the way out.
import assert from "node:assert/strict";
import { testWith } from "../support/outside_program.ts";
import { SLURM, SlurmCluster } from "./slurm_cluster.ts";
import { cli, jobNames, setStep, submitArgs } from "./slurm_cli.ts";

const SLURM_KEY = "executor.slurm";

testWith(
  SLURM,
  "train --executor slurm refuses what the cluster cannot run, with the way out",
  async () => {
    await using cluster = await SlurmCluster.start({ nodes: 1 });
    const runs = await Deno.makeTempDir();
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ["--set", `${SLURM_KEY}.partition=mains`],
        /Cannot use partition "mains": this cluster has none of that name, did you mean "main"\?/,
      ],
      [
        ["--set", `${SLURM_KEY}.partition=closed`],
        /Cannot use partition "closed": it is down\nhint: Name another `executor.slurm.partition`/,
      ],
      [
        ["--set", `${SLURM_KEY}.partition=guarded`],
        /partition "guarded": it is open to account physics, no account is named/,
      ],
      [
        [
          ...["--set", `${SLURM_KEY}.partition=guarded`],
          ...["--set", `${SLURM_KEY}.account=chemistry`],
        ],
        /it is open to account physics, "chemistry" is not/,
      ],
      [
        [
          ...setStep("left.resources.cpus", 64),
          ...setStep("right.resources.memory", "1T"),
        ],
        /partition "main": step "left" asks for 64 cpus, no node of it has more than 4; step "right" asks for 1.1 TB of memory, no node of it has more than 4.3 GB/,
      ],
      [
        setStep("numbers.resources.gpus", 1),
        /Cannot submit step "numbers": sbatch: Invalid generic resource \(gres\) specification; 0 of 4 jobs are in the queue\nhint: No node has what the step's `resources` ask for/,
      ],
      [
        ["--set", `${SLURM_KEY}.options=["--no-such-option"]`],
        /Cannot submit step "numbers": sbatch: .*no-such-option/s,
      ],
    ];
    for (const [overrides, wanted] of cases) {
      const { code, err } = await cli(cluster, submitArgs(runs, ...overrides));
      assert.equal(code, 3, err);
      assert.match(err, wanted);
    }
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

testWith(
  SLURM,
  "a full queue keeps what it took, and the same command submits the rest",
  async () => {
    await using cluster = await SlurmCluster.start({ nodes: 1, maxJobs: 3 });
    const runs = await Deno.makeTempDir();
    const full = await cli(cluster, submitArgs(runs));
    assert.equal(full.code, 3, full.err);
    assert.match(full.err, /[123] of 4 jobs are in the queue\nhint: .*full/s);
    const taken = await jobNames(cluster);
    assert.ok(taken.length >= 1 && taken.length < 4, taken.join(" "));
    await cluster.until(
      async () => (await cli(cluster, submitArgs(runs))).code === 0,
      "room for the rest",
      90_000,
    );
    const ended = await cli(cluster, submitArgs(runs, "--wait", "1m"));
    assert.equal(ended.code, 0, ended.err);
    const again = await cli(cluster, submitArgs(runs));
    assert.match(again.out + again.err, /Nothing left to do/);
    await Deno.remove(runs, { recursive: true });
  },
);
