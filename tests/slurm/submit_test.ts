// A pipeline as jobs of a real Slurm: order, arrays, one submission however often it is asked for, the same work as here. One run
// serves all of it, in the order in which a person would meet it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { load, run } from "../../mod.ts";
import { logsCommand } from "../../lib/cli/logs_command.ts";
import { statusCommand } from "../../lib/cli/status_command.ts";
import { readEstimates } from "../../lib/store/estimate_record.ts";
import { readRunManifest } from "../../lib/store/run_record.ts";
import { ROOT } from "../cli/cli_process.ts";
import { testsOnCluster } from "./shared_cluster.ts";
import { located } from "./slurm_cluster.ts";
import {
  cli,
  jobNames,
  jobState,
  setStep,
  SIDE_BY_SIDE,
  startCli,
  submitArgs,
  submitHere,
} from "./slurm_cli.ts";

const RUN = "side_by_side";
const FOLLOW = ["--wait", "5m"];
/** Its left step lasts until it is cancelled. */
const LONG = setStep("left.with", { ticks: 2000 });

const testOnCluster = testsOnCluster();

testOnCluster(
  "train --executor slurm submits each step once, whoever asks and whoever was killed; cancel ends the jobs; --wait follows them",
  async (cluster, context) => {
    const runs = await Deno.makeTempDir();
    let jobs: readonly string[] = [];

    await context.step(
      "train finds the job of a submitter that was killed before it saw the answer of sbatch, and returns at once",
      async () => {
        const programs = await Deno.makeTempDir();
        // The real sbatch, and then the end of whoever called it.
        const real = await located("sbatch");
        await Deno.writeTextFile(
          join(programs, "sbatch"),
          `#!/bin/sh\ncase "$*" in *--version*) exec ${real} "$@";; esac\n${real} "$@"\nkill -9 $PPID\n`,
          { mode: 0o755 },
        );
        const path = `${programs}:${Deno.env.get("PATH")}`;
        // Held, so that what comes next is the same on a slow machine.
        const held = ["--set", 'executor.slurm.options=["--hold"]'];
        const args = submitArgs(runs, ...LONG, ...held);
        const killed = startCli(cluster, args, { path });
        assert.equal((await killed.output()).signal, "SIGKILL");
        const [only = "", ...more] = await jobNames(cluster);
        assert.notEqual(only, "");
        assert.deepEqual(more, []);
        const next = await cli(cluster, submitArgs(runs, ...LONG));
        assert.equal(next.code, 0, next.err);
        assert.match(next.out, /Run "side_by_side" is in the queue/);
        jobs = await jobNames(cluster);
        // One job, an array of the two that wait for it, one job behind both.
        const array = jobs.filter((job) => job.includes("_"));
        assert.equal(jobs.length, 4, jobs.join(" "));
        assert.ok(jobs.includes(only), "the killed submitter's job counts");
        assert.deepEqual(array.map((job) => job.split("_")[1]), ["0", "1"]);
        await Deno.remove(programs, { recursive: true });
      },
    );

    await context.step(
      "status tells what waits, and train submits nothing twice",
      async () => {
        const status = await cli(cluster, [
          ...["status", SIDE_BY_SIDE, "--runs", runs],
        ]);
        assert.match(
          status.out,
          /total +script +queued +job \d+ pending: Dependency/,
        );
        const again = await submitHere(runs, [LONG[1] as string]);
        assert.equal(again.outcome, "submitted");
        assert.deepEqual(await jobNames(cluster), jobs);
      },
    );

    await context.step(
      "cancel ends the jobs of a run, and waits for their ends",
      async () => {
        const first = jobs.find((job) => !job.includes("_")) ?? "";
        await cluster.command("scontrol", "release", first);
        await cluster.until(
          async () => await stateOf(runs, "left") === "running",
          "a running step",
          60_000,
        );
        const ended = await cli(cluster, [
          ...["cancel", SIDE_BY_SIDE, "--runs", runs],
        ]);
        assert.equal(ended.code, 0, ended.err);
        assert.match(ended.out, /Cancelled \d jobs? of run "side_by_side"/);
        assert.match(ended.out, /; all have ended, and/);
        for (const job of await jobNames(cluster)) {
          const state = await jobState(cluster, job);
          assert.doesNotMatch(state, /PENDING|RUNNING|COMPLETING/, job);
        }
        // The last step was cancelled while it waited: nothing was left that could tell its followers.
        const said: string[] = [];
        const print = {
          out: (text: string) => void said.push(text),
          err: (text: string) => void said.push(text),
          color: false,
        };
        await logsCommand("total", { runs, follow: true }, print);
        await statusCommand([SIDE_BY_SIDE], { runs, json: false }, print);
        assert.match(said.join("\n"), /Step total has no log yet/);
        assert.match(
          said.join("\n"),
          /total +script +queued +its job has left the queue; `train/,
        );
      },
    );

    await context.step(
      "train submits again what was cancelled, and --wait follows the jobs to their ends",
      async () => {
        const ended = await cli(cluster, submitArgs(runs, ...FOLLOW));
        assert.equal(ended.code, 0, ended.err + ended.out);
        assert.match(ended.out, /total +run +- +total 126/);
        const third = await cli(cluster, submitArgs(runs));
        assert.match(third.out, /Nothing left to do/);
      },
    );

    await context.step(
      "what runs here afterwards finds all of it, and did not need other keys or permissions",
      async () => {
        const pipeline = await load(SIDE_BY_SIDE);
        const here = await run(pipeline, { runsDir: runs });
        assert.equal(here.outcome, "nothing_to_do");
        const local = await Deno.makeTempDir();
        await run(pipeline, { runsDir: local });
        assert.deepEqual(
          await permissionsOf(runs, "total"),
          await permissionsOf(local, "total"),
        );
        await Deno.remove(local, { recursive: true });
      },
    );

    await context.step(
      "a run that is handed over keeps what its steps are expected to take",
      async () => {
        const held = 'executor.slurm.options=["--hold"]';
        const more = setStep("left.with", { ticks: 3 })[1] as string;
        const { outcome } = await submitHere(runs, [held, more]);
        assert.equal(outcome, "submitted");
        const { left } = await readEstimates(runs, RUN);
        assert.equal(left?.basis, "similar");
        const cancel = ["cancel", SIDE_BY_SIDE, "--runs", runs];
        assert.equal((await cli(cluster, cancel)).code, 0);
      },
    );
    await Deno.remove(runs, { recursive: true });
  },
);

/** What the run's manifest says of the step. */
async function stateOf(runs: string, step: string): Promise<string> {
  const manifest = await readRunManifest(runs, RUN);
  return manifest?.steps.find(({ name }) => name === step)?.state ?? "";
}

/** What the step's process was permitted, with the runs folder taken out. */
async function permissionsOf(runs: string, step: string): Promise<unknown> {
  for await (const { name } of Deno.readDir(join(runs, "store"))) {
    if (!new RegExp(`^${step}-[0-9a-f]{16}$`).test(name)) continue;
    const path = join(runs, "store", name, "attempts", "1", "permissions.json");
    const text = await Deno.readTextFile(path);
    const plain = text.replaceAll(runs, "RUNS").replaceAll(ROOT, "ROOT");
    return JSON.parse(plain);
  }
  throw new Error(`No step "${step}" in ${runs}`);
}
