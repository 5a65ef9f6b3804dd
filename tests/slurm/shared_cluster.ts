// One cluster for all tests of a file: started before the first, ended after the last.
import { type OutsideProgram, testWith } from "../support/outside_program.ts";
import type { ClusterOptions } from "./slurm_configuration.ts";
import { SlurmCluster } from "./slurm_cluster.ts";

/** What tests of Slurm need. */
export const SLURM: OutsideProgram = {
  name: "Slurm",
  how: "apt-get install slurm-wlm munge, as root",
  probe: [
    "sh",
    "-c",
    "command -v slurmctld && command -v slurmd && command -v munged && test $(id -u) = 0",
  ],
};

/** Registers a test on the cluster of its file. */
export type ClusterTest = (
  name: string,
  body: (cluster: SlurmCluster, context: Deno.TestContext) => Promise<void>,
) => void;

/**
 * Answers what registers tests on a cluster of their file's own. The jobs of a test are known by the name of their run; this
 * process talks to the cluster too.
 */
export function testsOnCluster(options: ClusterOptions = {}): ClusterTest {
  let cluster: SlurmCluster | null = null;
  let isWanted = false;
  Deno.test.beforeAll(async () => {
    if (!isWanted) return;
    cluster = await SlurmCluster.start(options);
    for (const [name, value] of Object.entries(cluster.env)) {
      Deno.env.set(name, value);
    }
  });
  Deno.test.afterAll(async () => {
    for (const name of Object.keys(cluster?.env ?? {})) Deno.env.delete(name);
    await cluster?.[Symbol.asyncDispose]();
  });
  return (name, body) => {
    const isThere = testWith(SLURM, name, async (context) => {
      if (cluster === null) throw new Error("The cluster was not started");
      await body(cluster, context);
    });
    isWanted ||= isThere;
  };
}
