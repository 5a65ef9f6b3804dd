// Ticks of schedules whose steps are jobs of a real Slurm: followed to their ends, left alone, replaced, stopped at their limit.
import assert from "node:assert/strict";
import { finish, ROOT } from "../cli/cli_process.ts";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { schedulePaths, tickLock } from "../../lib/schedule/schedule_paths.ts";
import { ms, ScheduleProject, TICK } from "../schedule/schedule_project.ts";
import type { SlurmCluster } from "./slurm_cluster.ts";
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

/** Schedules that are never due by themselves; `keys` are further ones of the one called long. */
function schedules(keys: string): string {
  const short = (name: string, set: string, more = "") =>
    `  - { name: ${name}, cron: 0 0 1 1 *, pipeline: ${TICK}, executor: slurm, set: [${set}, '${HOLD}']${more} }`;
  return [
    "schedules:",
    short("short", "name=short"),
    short("killed", "name=killed, seed=11"),
    short(
      "queued",
      'name=queued, "seed={{ tick.epoch }}"',
      ", overlap: queue",
    ),
    short(
      "allowed",
      '"name=allowed-{{ tick.epoch }}", "seed={{ tick.epoch }}"',
      ", overlap: allow",
    ),
    `  - { name: long, cron: 0 0 1 1 *, pipeline: long.yaml, executor: slurm, ${keys} }`,
    "",
  ].join("\n");
}

testOnCluster(
  "schedule: the steps of a tick are jobs, whose ends its history shows, under each overlap policy; max_run_time cancels them",
  async (cluster, context) => {
    await using project = await ScheduleProject.create(
      schedules("overlap: skip"),
    );
    await Deno.writeTextFile(`${project.folder}/long.yaml`, LONG);
    const ticksOf = async (name: string) =>
      (await project.history()).filter(({ schedule }) => schedule === name);
    const newest = async (name: string) => (await ticksOf(name)).at(-1);
    const release = (job: string) =>
      cluster.command("scontrol", "release", job);
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
        await release(job);
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
      "a tick whose process is killed, again and again, is found by the daemon, which submits nothing twice and follows its job",
      async () => {
        const first = project.start("run-now", "killed");
        await untilState("killed", "PENDING");
        first.kill("SIGKILL");
        await first.output();
        const tick = await newest("killed");
        assert.equal(tick?.state, "running", "nobody could write its end");
        const daemon = project.start("run");
        const lock = tickLock(schedulePaths(project.runs), tick?.id ?? 0);
        const follower = await untilHeld(lock, cluster);
        Deno.kill(follower, "SIGKILL");
        await cluster.until(
          async () => (await newest("killed"))?.attempts === 3,
          "the daemon to go on with the tick",
          60_000,
        );
        const jobs = await jobNames(cluster, "killed");
        assert.equal(jobs.length, 1);
        await release(jobs[0] as string);
        await cluster.until(
          async () => (await newest("killed"))?.state === "finished",
          "the end of the tick",
          60_000,
        );
        daemon.kill("SIGTERM");
        await daemon.output();
        const ended = await newest("killed");
        assert.equal(ended?.exit_code, 0);
        assert.equal((await ticksOf("killed")).length, 1);
        assert.deepEqual(await jobNames(cluster, "killed"), jobs);
      },
    );

    await context.step(
      "a queued tick submits when the jobs of the one before it have ended",
      async () => {
        const first = project.start("run-now", "queued");
        await untilState("queued", "PENDING");
        const [job = ""] = await jobNames(cluster, "queued");
        const second = project.start("run-now", "queued");
        await cluster.until(
          async () => (await ticksOf("queued")).length === 2,
          "the second tick",
        );
        assert.equal((await newest("queued"))?.state, "waiting");
        assert.deepEqual(await jobNames(cluster, "queued"), [job]);
        await release(job);
        assert.equal((await finish(first)).code, 0);
        const others = async () =>
          (await jobNames(cluster, "queued")).filter((one) => one !== job);
        await cluster.until(
          async () => (await others()).length === 1,
          "the job of the second tick",
          60_000,
        );
        await release((await others())[0] as string);
        const { code, err } = await finish(second);
        assert.equal(code, 0, err);
        const [one, two] = await ticksOf("queued");
        assert.ok(ms(two?.started ?? null) >= ms(one?.finished ?? null));
      },
    );

    await context.step(
      "an allowed tick submits beside the jobs of another one",
      async () => {
        const started = [project.start("run-now", "allowed")];
        const jobs = async () => {
          const runs = (await ticksOf("allowed")).flatMap(({ run }) =>
            run ?? []
          );
          const own = runs.map((run) => jobNames(cluster, run));
          return (await Promise.all(own)).flat();
        };
        const untilThere = (count: number) =>
          cluster.until(
            async () => (await jobs()).length === count,
            `${count} jobs`,
            60_000,
          );
        await untilThere(1);
        started.push(project.start("run-now", "allowed"));
        await untilThere(2);
        for (const job of await jobs()) {
          assert.equal(await jobState(cluster, job), "PENDING");
          await release(job);
        }
        for (const { code, err } of await Promise.all(started.map(finish))) {
          assert.equal(code, 0, err);
        }
        const [one, two] = await ticksOf("allowed");
        assert.ok(ms(two?.started ?? null) < ms(one?.finished ?? null));
        assert.notEqual(one?.run, two?.run);
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

/** Number of the process that holds the lock, once one does. */
async function untilHeld(path: string, cluster: SlurmCluster): Promise<number> {
  let pid: number | null = null;
  await cluster.until(
    async () => {
      const state = await FileLock.inspect(path);
      pid = state.kind === "held" ? state.holder?.pid ?? null : null;
      return pid !== null;
    },
    `a holder of ${path}`,
    60_000,
  );
  return pid as unknown as number;
}
