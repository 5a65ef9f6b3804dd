// Pipelines as jobs of a real Slurm: order, arrays, one submission however often it is asked for, the same work as here.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../cli/cli_process.ts";
import { testWith } from "../support/outside_program.ts";
import { located, SLURM, SlurmCluster } from "./slurm_cluster.ts";
import {
  cli,
  jobNames,
  jobState,
  setStep,
  SIDE_BY_SIDE,
  startCli,
  submitArgs,
} from "./slurm_cli.ts";

const FOLLOW = ["--wait", "5m"];

testWith(
  SLURM,
  "train --executor slurm returns at once, submits nothing twice, and --wait follows the jobs to their ends",
  async () => {
    await using cluster = await SlurmCluster.start();
    const runs = await Deno.makeTempDir();
    const first = await cli(cluster, submitArgs(runs));
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /Run "side_by_side" is in the queue/);
    const jobs = await jobNames(cluster);
    // One job, an array of the two that wait for it, one job behind both.
    const array = jobs.filter((job) => job.includes("_"));
    assert.equal(jobs.length, 4, jobs.join(" "));
    assert.deepEqual(array.map((job) => job.split("_")[1]), ["0", "1"]);
    const status = await cli(cluster, ["status", SIDE_BY_SIDE, "--runs", runs]);
    assert.match(
      status.out,
      /total +script +queued +job \d+ pending: Dependency/,
    );
    const second = await cli(cluster, submitArgs(runs, ...FOLLOW));
    assert.equal(second.code, 0, second.err + second.out);
    assert.match(second.out, /total +run +- +total 126/);
    assert.deepEqual(await jobNames(cluster), jobs);
    const third = await cli(cluster, submitArgs(runs));
    assert.match(third.out, /Nothing left to do/);
    // What runs here afterwards finds all of it, and did not need other keys or permissions.
    const here = await cli(cluster, ["train", SIDE_BY_SIDE, "--runs", runs]);
    assert.match(here.out, /Nothing left to do/);
    const local = await Deno.makeTempDir();
    await cli(cluster, ["train", SIDE_BY_SIDE, "--runs", local]);
    assert.deepEqual(
      await permissionsOf(runs, "total"),
      await permissionsOf(local, "total"),
    );
    for (const folder of [runs, local]) {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(
  SLURM,
  "train finds the job of a submitter that was killed before it saw the answer of sbatch",
  async () => {
    await using cluster = await SlurmCluster.start();
    const runs = await Deno.makeTempDir();
    const programs = await Deno.makeTempDir();
    // The real sbatch, and then the end of whoever called it.
    const real = await located("sbatch");
    await Deno.writeTextFile(
      join(programs, "sbatch"),
      `#!/bin/sh\ncase "$*" in *--version*) exec ${real} "$@";; esac\n${real} "$@"\nkill -9 $PPID\n`,
      { mode: 0o755 },
    );
    const path = `${programs}:${Deno.env.get("PATH")}`;
    const killed = startCli(cluster, submitArgs(runs), { path });
    assert.equal((await killed.output()).signal, "SIGKILL");
    assert.equal((await jobNames(cluster)).length, 1);
    const next = await cli(cluster, submitArgs(runs, ...FOLLOW));
    assert.equal(next.code, 0, next.err);
    assert.equal((await jobNames(cluster)).length, 4);
    for (const folder of [runs, programs]) {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(
  SLURM,
  "cancel ends the jobs of a run, and train submits again what they left",
  async () => {
    await using cluster = await SlurmCluster.start();
    const runs = await Deno.makeTempDir();
    const long = [...setStep("left.with", { ticks: 2000 })];
    await cli(cluster, submitArgs(runs, ...long));
    await cluster.until(
      async () =>
        (await cli(cluster, ["status", SIDE_BY_SIDE, "--runs", runs, "--json"]))
          .out.includes('"state": "running"'),
      "a running step",
      60_000,
    );
    const ended = await cli(cluster, ["cancel", SIDE_BY_SIDE, "--runs", runs]);
    assert.equal(ended.code, 0, ended.err);
    assert.match(ended.out, /Cancelled \d jobs? of run "side_by_side"/);
    assert.match(ended.out, /; all have ended, and/);
    for (const job of await jobNames(cluster)) {
      const state = await jobState(cluster, job);
      assert.doesNotMatch(state, /PENDING|RUNNING|COMPLETING/, job);
    }
    const again = await cli(cluster, submitArgs(runs, ...FOLLOW));
    assert.equal(again.code, 0, again.err);
    await Deno.remove(runs, { recursive: true });
  },
);

/** What the step's process was permitted, with the runs folder taken out. */
async function permissionsOf(runs: string, step: string): Promise<unknown> {
  for await (const { name } of Deno.readDir(join(runs, "store"))) {
    if (!new RegExp(`^${step}-[0-9a-f]{16}$`).test(name)) continue;
    const path = join(runs, "store", name, "attempts", "1", "permissions.json");
    const text = await Deno.readTextFile(path);
    return JSON.parse(text.replaceAll(runs, "RUNS").replaceAll(ROOT, "ROOT"));
  }
  throw new Error(`No step "${step}" in ${runs}`);
}
