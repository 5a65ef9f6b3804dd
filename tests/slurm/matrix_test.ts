// Cells of a matrix on a real Slurm: all at once, those that ask for the same as one array, what they share as one job.
import assert from "node:assert/strict";
import { join } from "node:path";
import { cancelCommand } from "../../lib/cli/cancel_command.ts";
import { loadRuns } from "../../lib/config/load_matrix.ts";
import { runMatrix } from "../../lib/runner/run_matrix.ts";
import { jobsOfRuns } from "../../lib/slurm/run_jobs.ts";
import { ROOT } from "../cli/cli_process.ts";
import { testsOnCluster } from "./shared_cluster.ts";
import { jobField, jobNames } from "./slurm_cli.ts";

const ACT = `${ROOT}/tests/fixtures/pipelines/tasks/act.ts`;

/** Its cells differ in what their second step returns, and share the first. */
const PIPELINE = `name: cells
seed: 1
matrix:
  axes:
    training.pipeline.steps.act.with.returns.metrics.score: [1, 2]
training:
  pipeline:
    defaults: { task: script, uses: ${ACT}, resources: { cpus: 1, memory: 1G } }
    steps:
      - { name: base, needs: [], with: {} }
      - { name: act, needs: [base], with: { ticks: 100, returns: { metrics: { score: 0 } } } }
`;

const testOnCluster = testsOnCluster({ nodes: 1 });

testOnCluster(
  "train --executor slurm of a matrix submits its cells together, as an array behind the step that they share; cancel ends them together",
  async (cluster) => {
    const folder = await Deno.makeTempDir();
    const file = join(folder, "cells.yaml");
    await Deno.writeTextFile(file, PIPELINE);
    const loaded = await loadRuns(file, { overrides: [] });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.ok(loaded.value.kind === "matrix");
    const options = {
      runsDir: join(folder, "runs"),
      executor: "slurm",
    } as const;
    const submitted = await runMatrix(loaded.value, options);
    assert.equal(submitted.exitCode, 0, submitted.ended[0]?.failure?.message);
    const jobs = await jobNames(cluster);
    const array = jobs.filter((job) => job.includes("_"));
    assert.deepEqual(array.map((job) => job.split("_")[1]), ["0", "1"]);
    assert.equal(jobs.length, 3, "one job for the step that both need");
    const runs = submitted.ended.map(({ run }) => run);
    const queued = await jobsOfRuns(options.runsDir, runs);
    const waiting = [...queued.values()].map((own) => own.at(-1)?.id);
    assert.deepEqual(waiting.sort(), array);
    const ended = await runMatrix(loaded.value, {
      ...options,
      waitMs: 120_000,
    });
    assert.equal(ended.exitCode, 0, ended.ended[0]?.failure?.message);
    assert.deepEqual(ended.facts.results.map(({ state }) => state), [
      "done",
      "done",
    ]);
    assert.deepEqual(await jobNames(cluster), jobs);
    const spans = await Promise.all(array.map(async (job) => {
      const at = async (key: string) =>
        Date.parse(await jobField(cluster, job, key));
      return [await at("StartTime"), await at("EndTime")] as const;
    }));
    const lastStart = Math.max(...spans.map(([start]) => start));
    const firstEnd = Math.min(...spans.map(([, end]) => end));
    assert.ok(lastStart < firstEnd, "the cells run side by side");

    const more = await loadRuns(file, {
      overrides: ["seed=2", 'executor.slurm.options=["--hold"]'],
    });
    assert.ok(more.ok && more.value.kind === "matrix");
    assert.equal((await runMatrix(more.value, options)).exitCode, 0);
    const said: string[] = [];
    await cancelCommand(
      file,
      { runs: options.runsDir, set: ["seed=2"], json: true },
      { out: (text) => said.push(text), err: () => {}, color: false },
    );
    const told = JSON.parse(said.join("\n")) as {
      readonly cancelled: readonly string[];
    }[];
    const cancelled = new Set(told.flatMap((one) => one.cancelled));
    assert.deepEqual(told.map((one) => one.cancelled.length), [2, 2]);
    assert.equal(cancelled.size, 3, "the job that both need is one");
    const left = await jobsOfRuns(options.runsDir, runs);
    assert.deepEqual([...left.values()], [[], []]);
    await Deno.remove(folder, { recursive: true });
  },
);
