// Ticks of schedules whose steps are jobs of a real Slurm: followed to their ends, left alone, replaced, stopped at their limit.
import assert from "node:assert/strict";
import { finish, ROOT } from "../cli/cli_process.ts";
import { ScheduleProject, TICK } from "../schedule/schedule_project.ts";
import { testsOnCluster } from "./shared_cluster.ts";
import { cli, jobNames, jobState } from "./slurm_cli.ts";

const testOnCluster = testsOnCluster({ nodes: 1 });

const HOLD = 'executor.slurm.options=["--hold"]';

/** A pipeline of one step that lasts until it is cancelled. */
const LONG = `name: long
seed: 1
training:
  pipeline:
    steps:
      - { name: act, task: script, uses: ${ROOT}/tests/fixtures/pipelines/tasks/act.ts, with: { ticks: 4000 } }
`;

/** Two schedules that are never due by themselves; `keys` are further ones of the second. */
function schedules(keys: string): string {
  return `schedules:
  - { name: short, cron: 0 0 1 1 *, pipeline: ${TICK}, executor: slurm, set: [name=short, '${HOLD}'] }
  - { name: long, cron: 0 0 1 1 *, pipeline: long.yaml, executor: slurm, ${keys} }
`;
}

testOnCluster(
  "schedule: the steps of a tick are jobs, whose ends its history shows; replace and max_run_time cancel them",
  async (cluster, context) => {
    await using project = await ScheduleProject.create(
      schedules("overlap: skip"),
    );
    await Deno.writeTextFile(`${project.folder}/long.yaml`, LONG);
    const newest = async (name: string) => {
      const ticks = await project.history();
      return ticks.findLast(({ schedule }) => schedule === name);
    };
    const untilState = (run: string, wanted: string) =>
      cluster.until(
        async () => {
          const [job = ""] = (await jobNames(cluster, run)).slice(-1);
          return await jobState(cluster, job) === wanted;
        },
        `a job of "${run}" to be ${wanted}`,
        60_000,
      );

    await context.step(
      "a tick whose process is stopped leaves its job, and the next one to look goes on with it",
      async () => {
        const first = project.start("run-now", "short");
        await untilState("short", "PENDING");
        first.kill("SIGTERM");
        assert.equal((await first.output()).code, 143);
        assert.equal((await newest("short"))?.state, "stopped");
        const [job = "", ...others] = await jobNames(cluster, "short");
        assert.deepEqual(others, []);
        await cluster.command("scontrol", "release", job);
        const { code, err } = await project.run("tick", "short");
        assert.equal(code, 0, err);
        const tick = await newest("short");
        assert.equal(tick?.state, "finished");
        assert.equal(tick?.exit_code, 0);
        assert.equal(tick?.run, "short");
        assert.deepEqual(await jobNames(cluster, "short"), [job]);
      },
    );

    await context.step(
      "a tick is skipped while a person's jobs of the run are in the queue",
      async () => {
        const byHand = await cli(cluster, [
          ...["train", "long.yaml", "--runs", project.runs],
          ...["--executor", "slurm", "--set", HOLD],
        ], { cwd: project.folder });
        assert.equal(byHand.code, 0, byHand.err);
        const skipped = await project.run("run-now", "long");
        assert.equal(skipped.code, 5, skipped.err);
        assert.match(skipped.err, /now: "long" has jobs in the queue/);
      },
    );

    await context.step(
      "a tick replaces jobs by hand and those of another tick, and max_run_time ends its own",
      async () => {
        const [byHand = ""] = await jobNames(cluster, "long");
        await project.write(schedules("overlap: replace"));
        const first = project.start("run-now", "long");
        await untilState("long", "RUNNING");
        assert.equal(await jobState(cluster, byHand), "CANCELLED");
        await project.write(schedules("overlap: replace, max_run_time: 10s"));
        const second = await project.run("run-now", "long");
        assert.equal((await finish(first)).code, 143);
        assert.equal(second.code, 124, second.err);
        const [one, two] = (await project.history()).slice(-2);
        assert.match(one?.reason ?? "", /^replaced by the tick of/);
        assert.equal(one?.state, "finished");
        assert.equal(
          two?.reason,
          "ran longer than its max_run_time of 10 s",
        );
        for (const job of await jobNames(cluster, "long")) {
          assert.equal(await jobState(cluster, job), "CANCELLED", job);
        }
      },
    );
  },
);
