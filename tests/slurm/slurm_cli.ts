// The command line against the cluster of a test, and what it left behind.
import {
  type Ended,
  finish,
  ROOT,
  startCli as startProcess,
} from "../cli/cli_process.ts";
import { load, run, type RunResult } from "../../mod.ts";
import type { SlurmCluster } from "./slurm_cluster.ts";

/** A pipeline of scripts whose middle two steps wait for the same one. */
export const SIDE_BY_SIDE =
  `${ROOT}/tests/fixtures/pipelines/side_by_side.yaml`;

interface Place {
  readonly cwd?: string;
  /** In the place of PATH. */
  readonly path?: string;
}

/** Starts the command line on the cluster. */
export function startCli(
  cluster: SlurmCluster,
  args: readonly string[],
  { cwd = ROOT, path }: Place = {},
): Deno.ChildProcess {
  const env = { ...cluster.env, ...(path === undefined ? {} : { PATH: path }) };
  return startProcess(args, { cwd, env });
}

/** Runs the command line to its end. */
export async function cli(
  cluster: SlurmCluster,
  args: readonly string[],
  place: Place = {},
): Promise<Ended> {
  return await finish(startCli(cluster, args, place));
}

/** Arguments that submit the side-by-side pipeline. */
export function submitArgs(runs: string, ...more: string[]): string[] {
  return [
    ...["train", SIDE_BY_SIDE, "--runs", runs],
    ...["--executor", "slurm"],
    ...more,
  ];
}

/** Submits the side-by-side pipeline from this process, which the file's cluster takes. */
export async function submitHere(
  runs: string,
  set: readonly string[],
  waitMs?: number,
): Promise<RunResult> {
  return await run(await load(SIDE_BY_SIDE, { set }), {
    runsDir: runs,
    executor: "slurm",
    ...(waitMs === undefined ? {} : { waitMs }),
  });
}

/** An override of a step of the side-by-side pipeline. */
export function stepValue(path: string, value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `training.pipeline.steps.${path}=${text}`;
}

/** The override as options of the command line. */
export function setStep(path: string, value: unknown): string[] {
  return ["--set", stepValue(path, value)];
}

/** Names of the jobs of a run that the controller knows, elements of arrays one by one; of all runs where none is named. */
export async function jobNames(
  cluster: SlurmCluster,
  run?: string,
): Promise<string[]> {
  const out = await cluster.command(
    ...["squeue", "--noheader", "--array", "--states=all"] as const,
    "--format=%i|%j",
  );
  return out.split("\n").map((line) => line.split("|"))
    .filter(([job = "", name]) =>
      job !== "" && (run === undefined || name?.split(":")[0] === run)
    )
    .map(([job = ""]) => job).sort();
}

/** State of a job in Slurm's words; empty where the controller has none of the name. */
export async function jobState(
  cluster: SlurmCluster,
  job: string,
): Promise<string> {
  return await jobField(cluster, job, "JobState").catch(() => "");
}

/** How often Slurm has put a job back into its queue. */
export async function restartsOf(
  cluster: SlurmCluster,
  job: string,
): Promise<number> {
  return Number(await jobField(cluster, job, "Restarts"));
}

/** One field of what the controller shows of a job; empty where it has none of that name. */
export async function jobField(
  cluster: SlurmCluster,
  job: string,
  name: string,
): Promise<string> {
  const out = await cluster.command(
    ...["scontrol", "--oneliner", "show", "job"] as const,
    job,
  );
  return new RegExp(` ${name}=(\\S+)`).exec(out)?.[1] ?? "";
}
