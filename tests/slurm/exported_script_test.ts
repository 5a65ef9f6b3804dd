// The exported sbatch script on a real Slurm, which no process of fluxline watches.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../cli/cli_process.ts";
import { testsOnCluster } from "./shared_cluster.ts";
import { cli, jobNames, SIDE_BY_SIDE } from "./slurm_cli.ts";

const testOnCluster = testsOnCluster();

testOnCluster(
  "export --slurm: sbatch takes the script, and bash runs the pipeline as jobs behind each other",
  async (cluster) => {
    const runs = await Deno.makeTempDir();
    const script = join(runs, "side_by_side.slurm");
    const made = await cli(cluster, [
      ...["export", SIDE_BY_SIDE, "--slurm", "--runs", runs, "--to", script],
    ]);
    assert.equal(made.code, 0, made.err);
    await cluster.command("sbatch", "--test-only", script);
    assert.deepEqual(await jobNames(cluster), []);
    const { success, stdout, stderr } = await new Deno.Command("bash", {
      args: [script],
      cwd: ROOT,
      env: { ...cluster.env, SBATCH_OUTPUT: join(runs, "%j.log") },
    }).output();
    const decoder = new TextDecoder();
    assert.ok(success, decoder.decode(stderr));
    assert.match(
      decoder.decode(stdout),
      /^numbers: job \d+\nleft: job \d+\nright: job \d+\ntotal: job \d+\n$/,
    );
    await cluster.until(
      async () =>
        (await cluster.command("squeue", "--noheader", "--format=%i")) === "",
      "the jobs to end",
      240_000,
    );
    const again = await cli(cluster, ["train", SIDE_BY_SIDE, "--runs", runs]);
    assert.match(again.out, /Nothing left to do/, again.out + again.err);
    await Deno.remove(runs, { recursive: true });
  },
);
