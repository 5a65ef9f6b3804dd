// The figures of docs/clusters.md on this machine: what submitting costs per step, and how long a preempted step stands still.
import { SmallProject, vaeStep } from "../acceptance/small_project.ts";
import { SlurmCluster } from "../slurm/slurm_cluster.ts";
import { cli, jobNames, jobState } from "../slurm/slurm_cli.ts";

const STEPS = 20;
const TRAIN = ["train", "small.yaml", "--executor", "slurm"];

/** Median time of `count` calls, in milliseconds. */
async function median(
  count: number,
  act: (at: number) => Promise<void>,
): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < count; at++) {
    const start = performance.now();
    await act(at);
    times.push(performance.now() - start);
  }
  return times.sort((left, right) => left - right)[count >> 1] as number;
}

/** Steps of scripts behind each other (one job each), or side by side (one array). */
async function pipelineOf(
  project: SmallProject,
  chained: boolean,
): Promise<void> {
  await project.write(
    "task.ts",
    "export const task = async () => {};\n",
  );
  const steps = Array.from({ length: STEPS }, (_, at) => {
    const needs = chained && at > 0 ? `[s${at - 1}]` : "[]";
    return `{ name: s${at}, task: script, uses: task.ts, needs: ${needs}, with: { at: ${at}, kind: ${chained} } }`;
  });
  await project.writeSteps(...steps);
}

async function submitting(cluster: SlurmCluster): Promise<void> {
  await using project = await SmallProject.open();
  const cwd = project.root;
  for (
    const [chained, what] of [[true, "one job each"], [
      false,
      "one array",
    ]] as const
  ) {
    await pipelineOf(project, chained);
    // Held jobs only wait: what runs must not disturb what is measured.
    const hold = ["--set", 'executor.slurm.options=["--hold"]'];
    const ms = await median(3, async (at) => {
      const { code, err } = await cli(
        cluster,
        [...TRAIN, "--runs", `runs-${chained}-${at}`, ...hold],
        { cwd },
      );
      if (code !== 0) throw new Error(err);
    });
    console.log(
      `${STEPS} steps submitted, ${what}: ${Math.round(ms)} ms in all, ${
        Math.round(ms / STEPS)
      } ms per step`,
    );
  }
  const plan = await median(3, async () => {
    await cli(cluster, ["plan", "small.yaml"], { cwd });
  });
  console.log(
    `of that, the same pipeline planned alone: ${Math.round(plan)} ms`,
  );
  const sbatch = await median(5, async () => {
    await cluster.command(
      "sbatch",
      "--hold",
      "--output=/dev/null",
      "--wrap=true",
    );
  });
  console.log(`sbatch alone: ${Math.round(sbatch)} ms`);
  await cluster.command("scancel", "--user=root");
}

async function preemption(cluster: SlurmCluster): Promise<void> {
  const step = vaeStep(
    "vae",
    "batch_size: 2, resources: { cpus: 4, memory: 2G }",
  )
    .replace("n_epochs: 1", "n_epochs: 400");
  await using project = await SmallProject.open(step);
  const cwd = project.root;
  const before = new Set(await jobNames(cluster));
  await cli(cluster, TRAIN, { cwd });
  const job = (await jobNames(cluster)).find((one) => !before.has(one)) ?? "";
  const saved = () => checkpointTime(project);
  await cluster.until(() => saved() > 0, "the first checkpoint", 90_000);
  const signalled = performance.now();
  await cluster.command("scancel", "--signal=USR1", "--batch", job);
  await cluster.until(
    async () => await jobState(cluster, job) === "PENDING",
    "the requeue",
    60_000,
  );
  const requeued = performance.now();
  const last = saved();
  // Started before its old credential has run out, it would be refused.
  await cluster.until(
    async () => await jobState(cluster, job) === "RUNNING",
    "the second start",
    60_000,
  );
  const restarted = performance.now();
  await cluster.until(() => saved() > last, "a checkpoint after it", 90_000);
  const training = performance.now();
  console.log(
    `signal to requeued: ${
      Math.round(requeued - signalled)
    } ms; started again to the next checkpoint: ${
      Math.round(training - restarted)
    } ms`,
  );
  await cluster.command("scancel", job);
}

/** When the step last saved; 0 before the first time. */
function checkpointTime(project: SmallProject): number {
  try {
    const path = `${project.stepFolder("vae")}/checkpoint.json`;
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
}

await using cluster = await SlurmCluster.start({ nodes: 1 });
await submitting(cluster);
await preemption(cluster);
